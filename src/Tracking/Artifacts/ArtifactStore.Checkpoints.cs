using System.Text.Json;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Artifacts;

/// <content>Checkpoints: which are found, and which are kept.</content>
public sealed partial class ArtifactStore
{
    /// <summary>Stores a checkpoint of an attempt, with a row for each thing that it is kept for, all in one transaction; what it replaces is dropped.</summary>
    /// <param name="lease">The attempt.</param>
    /// <param name="saved">The file to copy in, and what it is for.</param>
    /// <param name="from">What it was made from.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="StaleFenceException">The lease is lost; no row was written.</exception>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<IReadOnlyList<Artifact>> AddCheckpointAsync(Lease lease, SavedCheckpoint saved, IReadOnlyList<Guid> from, CancellationToken cancel)
    {
        (string sha256, long bytes) = await _folder.PutAsync(saved.Path, cancel);
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await change.LockHeldAsync(lease, cancel);
        string name = Path.GetFileName(saved.Path);
        List<Artifact> rows = [];
        if (saved.IsReplaceable)
            rows.Add(RowOf(change, lease, CheckpointKinds.Newest, name, sha256, saved.Step));
        if (saved.IsKept)
            rows.Add(RowOf(change, lease, CheckpointKinds.Kept, name, sha256, saved.Step));
        rows.AddRange(saved.BestOf.Select(selection =>
            RowOf(change, lease, CheckpointKinds.Best, $"best-{selection.Metric}-{name}", sha256, saved.Step, JsonSerializer.Serialize(selection, Artifact.SelectionFormat))));

        foreach (Artifact row in rows)
        {
            await AddRowsAsync(change, row, saved.Path, bytes, from, cancel);
            await DropReplacedAsync(change, row, cancel);
        }

        await change.CommitAsync(cancel);
        return rows;
    }

    /// <summary>The newest checkpoint of a run (largest step) whose content is there and sound; a damaged one is reported and passed over.</summary>
    public async Task<Artifact?> LatestCheckpointAsync(Guid runId, CancellationToken cancel) => (await FindCheckpointAsync(runId, cancel)).Sound;

    /// <summary>As <see cref="LatestCheckpointAsync"/>, with those that were passed over.</summary>
    public async Task<CheckpointSearch> FindCheckpointAsync(Guid runId, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        List<Artifact> damaged = [];
        foreach (Artifact checkpoint in await UsableAsync(db.Artifacts.AsNoTracking(), db, runId, CheckpointKinds.All, cancel))
        {
            if (await _folder.IsSoundAsync(checkpoint.Sha256, cancel))
                return new CheckpointSearch(checkpoint, damaged);

            // Kept for several things it has several rows, but is one file.
            if (damaged.Exists(other => other.Sha256 == checkpoint.Sha256))
                continue;
            TrackingLog.DamagedCheckpoint(log, runId, checkpoint.Step ?? 0, _folder.PathOf(checkpoint.Sha256));
            damaged.Add(checkpoint);
        }

        return new CheckpointSearch(null, damaged);
    }

    /// <summary>The best checkpoint of a run by a metric of its validation, if its content is there and sound.</summary>
    public async Task<Artifact?> BestCheckpointAsync(Guid runId, string metric, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        Artifact? best = (await UsableAsync(db.Artifacts.AsNoTracking(), db, runId, [CheckpointKinds.Best], cancel)).Find(artifact => artifact.SelectedBy?.Metric == metric);
        return best is not null && await _folder.IsSoundAsync(best.Sha256, cancel) ? best : null;
    }

    // The largest step first. A later attempt that began before a checkpoint's step cut the curve there, so whoever went on from the checkpoint would leave a hole in it.
    private static async Task<List<Artifact>> UsableAsync(IQueryable<Artifact> artifacts, TrackingDb db, Guid runId, IReadOnlyList<string> kinds, CancellationToken cancel)
    {
        List<Artifact> checkpoints = await artifacts
            .Where(artifact => artifact.RunId == runId && kinds.Contains(artifact.Kind) && artifact.DroppedAt == null)
            .OrderByDescending(artifact => artifact.Step).ThenByDescending(artifact => artifact.CreatedAt).ThenByDescending(artifact => artifact.Id).ToListAsync(cancel);
        var attempts = await db.Attempts.AsNoTracking()
            .Where(attempt => attempt.ResumedAtStep != null && db.Jobs.Any(job => job.Id == attempt.JobId && job.RunId == runId && job.Kind == JobKind.Train))
            .Select(attempt => new { attempt.Fence, attempt.ResumedAtStep }).ToListAsync(cancel);
        return [.. checkpoints.Where(checkpoint => !attempts.Exists(later => later.Fence > (checkpoint.Fence ?? 0) && later.ResumedAtStep < checkpoint.Step))];
    }

    private async Task DropReplacedAsync(JobChange change, Artifact added, CancellationToken cancel)
    {
        IQueryable<Artifact> tracked = change.Db.Artifacts.AsTracking();
        List<Artifact> there = await tracked.Where(artifact => artifact.RunId == added.RunId && artifact.Kind == added.Kind && artifact.DroppedAt == null).ToListAsync(cancel);
        IEnumerable<Artifact> replaced = added.Kind switch
        {
            CheckpointKinds.Kept => there.Where(artifact => artifact.Step == added.Step),
            CheckpointKinds.Best => there.Where(artifact => artifact.SelectedBy?.Metric == added.SelectedBy?.Metric),
            _ => there.Except((await UsableAsync(tracked, change.Db, added.RunId!.Value, [CheckpointKinds.Newest], cancel)).Take(Math.Max(options.KeepCheckpoints - 1, 0))),
        };
        foreach (Artifact artifact in replaced.Where(artifact => artifact.Id != added.Id))
            artifact.DroppedAt = change.Now;
    }
}
