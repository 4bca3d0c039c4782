using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.Tracking.Artifacts;

/// <summary>Files by content: written to a temporary name, hashed, synced, renamed to <c>ab/cdef…</c>; no user text ever becomes a path.</summary>
public sealed partial class ArtifactStore(IDbContextFactory<TrackingDb> contexts, ArtifactOptions options, ILogger<ArtifactStore> log)
{
    private static readonly TimeSpan UnreferencedFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan TemporaryFor = TimeSpan.FromDays(1);

    private readonly ArtifactFolder _folder = new(options.Folder);

    /// <summary>Stores a file of an attempt and its row. Older checkpoints of the run beyond the retention are dropped.</summary>
    /// <param name="lease">The attempt.</param>
    /// <param name="file">Path of the file to copy in.</param>
    /// <param name="kind">See <see cref="Artifact.Kind"/>.</param>
    /// <param name="step">Training steps done, for checkpoints.</param>
    /// <param name="from">What it was made from.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="StaleFenceException">The lease is lost; no row was written.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<Artifact> AddAsync(Lease lease, string file, string kind, long? step, IReadOnlyList<Guid> from, CancellationToken cancel)
    {
        (string sha256, long bytes) = await _folder.PutAsync(file, cancel);
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await change.LockHeldAsync(lease, cancel);
        Artifact artifact = RowOf(change, lease, kind, Path.GetFileName(file), sha256, step);
        await AddRowsAsync(change, artifact, file, bytes, from, cancel);
        if (kind == CheckpointKinds.Newest)
            await DropReplacedAsync(change, artifact, cancel);
        await change.CommitAsync(cancel);
        return artifact;
    }

    /// <summary>Stores a file of a whole sweep, made by the scheduler; one of the same kind and content is found instead.</summary>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<Artifact> AddToSweepAsync(Guid sweepId, string file, string kind, IReadOnlyList<Guid> from, CancellationToken cancel)
    {
        (string sha256, long bytes) = await _folder.PutAsync(file, cancel);
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Artifact? there = await change.Db.Artifacts.AsNoTracking()
            .FirstOrDefaultAsync(artifact => artifact.SweepId == sweepId && artifact.RunId == null && artifact.Kind == kind && artifact.Sha256 == sha256, cancel);
        if (there is not null)
            return there;
        var added = new Artifact { Id = Guid.CreateVersion7(), SweepId = sweepId, Kind = kind, Name = Path.GetFileName(file), Sha256 = sha256, CreatedAt = change.Now };
        await AddRowsAsync(change, added, file, bytes, from, cancel);
        await change.CommitAsync(cancel);
        return added;
    }

    /// <summary>Stores a content that an artifact is to refer to within an hour; else it is collected.</summary>
    /// <returns>Its SHA-256.</returns>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<string> KeepAsync(Stream content, CancellationToken cancel)
    {
        (string sha256, long bytes) = await _folder.PutAsync(content, cancel);
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await RenewOrAddAsync(change, sha256, bytes, cancel);
        if (!_folder.Contains(sha256))
            throw new StoreUnavailableException($"The content {sha256} was collected in the moment it was stored; store it again.", null);
        await change.CommitAsync(cancel);
        return sha256;
    }

    /// <summary>The path of a content; the caller only reads it.</summary>
    /// <exception cref="FileNotFoundException">It is not in the folder.</exception>
    public string PathOf(string sha256)
    {
        string path = _folder.PathOf(sha256);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The artifact {sha256} is not in {Path.GetFullPath(options.Folder)}; is that the folder it was written to?", path);
    }

    /// <summary>Deletes contents that no row needs any more and temporary files older than a day.</summary>
    /// <returns>Contents deleted.</returns>
    public async Task<int> CollectGarbageAsync(CancellationToken cancel)
    {
        // What was written within the last hour may be waiting for its row.
        DateTime now, before;
        List<string> candidates;
        await using (JobChange look = await JobChange.BeginAsync(contexts, cancel))
        {
            now = look.Now;
            before = now - UnreferencedFor;
            candidates = await Unneeded(look.Db, before).Select(blob => blob.Sha256).ToListAsync(cancel);
        }

        int deleted = 0;
        foreach (string sha256 in candidates)
        {
            // Ask again with the row locked, and delete the file before the lock is gone: whoever adds this content meanwhile waits, then sees that it is missing.
            await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
            if (await Unneeded(change.Db, before).Where(blob => blob.Sha256 == sha256).ExecuteDeleteAsync(cancel) == 0)
                continue;
            _folder.Delete(sha256);
            await change.CommitAsync(cancel);
            deleted++;
        }

        _folder.DeleteTemporariesBefore(now - TemporaryFor);
        return deleted;
    }

    private static IQueryable<ArtifactBlob> Unneeded(TrackingDb db, DateTime before) => db.ArtifactBlobs
        .Where(blob => blob.CreatedAt < before && !db.Artifacts.Any(artifact => artifact.Sha256 == blob.Sha256 && artifact.DroppedAt == null));

    /// <summary>Makes a content that is used again count as new, so that the garbage collector leaves it alone; its row is locked to the end of the change.</summary>
    /// <returns>Whether the store knows it.</returns>
    internal static async Task<bool> RenewAsync(JobChange change, string sha256, CancellationToken cancel) =>
        await change.Db.ArtifactBlobs.Where(blob => blob.Sha256 == sha256).ExecuteUpdateAsync(set => set.SetProperty(blob => blob.CreatedAt, change.Now), cancel) > 0;

    private static async Task RenewOrAddAsync(JobChange change, string sha256, long bytes, CancellationToken cancel)
    {
        if (!await RenewAsync(change, sha256, cancel))
        {
            await change.Db.Database.ExecuteSqlAsync(
                $"insert into artifact_blob (sha256, bytes, created_at) values ({sha256}, {bytes}, {change.Now}) on conflict (sha256) do nothing", cancel);
        }
    }

    private static Artifact RowOf(JobChange change, Lease lease, string kind, string name, string sha256, long? step, string? selection = null) => new()
    {
        Id = Guid.CreateVersion7(),
        SweepId = lease.SweepId,
        RunId = lease.RunId,
        JobId = lease.JobId,
        Fence = lease.Fence,
        Kind = kind,
        Name = name,
        Sha256 = sha256,
        Step = step,
        Selection = selection,
        CreatedAt = change.Now,
    };

    private async Task AddRowsAsync(JobChange change, Artifact artifact, string file, long bytes, IReadOnlyList<Guid> from, CancellationToken cancel)
    {
        await RenewOrAddAsync(change, artifact.Sha256, bytes, cancel);

        // The row is locked now; put back what the garbage collector took between the copy and the lock.
        if (!_folder.Contains(artifact.Sha256))
            await _folder.PutAsync(file, cancel);

        change.Db.Artifacts.Add(artifact);
        foreach (Guid id in from.Distinct())
            change.Db.ArtifactEdges.Add(new ArtifactEdge { ArtifactId = artifact.Id, FromId = id });
    }
}
