using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Artifacts;

/// <content>Results of the parts of an evaluation, until they are put together.</content>
public sealed partial class ArtifactStore
{
    /// <summary>The kind of a file with the results of one shard.</summary>
    public const string ShardKind = "evaluation_shard";

    /// <summary>The results of a run's succeeded shard jobs, in order: of each the file of its newest fence whose content is there and sound. A damaged one is reported and passed over.</summary>
    /// <remarks>One that was dropped counts as long as its content is there, for an attempt that follows one that was lost between dropping and ending.</remarks>
    /// <returns>Zero-based shards with their files; a shard without a sound file is left out.</returns>
    public async Task<IReadOnlyList<(int Shard, Artifact Artifact)>> ShardsAsync(Guid runId, CancellationToken cancel)
    {
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        var files = await db.Artifacts.AsNoTracking().Where(artifact => artifact.RunId == runId && artifact.Kind == ShardKind)
            .Join(
                db.Jobs.Where(job => job.RunId == runId && job.Shard != null && job.State == JobState.Succeeded),
                artifact => artifact.JobId, job => job.Id, (artifact, job) => new { Shard = job.Shard!.Value, Artifact = artifact })
            .ToListAsync(cancel);

        List<(int, Artifact)> sound = [];
        foreach (var shard in files.GroupBy(file => file.Shard, file => file.Artifact).OrderBy(shard => shard.Key))
        {
            foreach (Artifact artifact in shard.OrderByDescending(file => file.Fence).ThenByDescending(file => file.CreatedAt).ThenByDescending(file => file.Id))
            {
                if (await _folder.IsSoundAsync(artifact.Sha256, cancel))
                {
                    sound.Add((shard.Key, artifact));
                    break;
                }

                if (artifact.DroppedAt is null)
                    TrackingLog.DamagedShard(log, runId, shard.Key + 1, _folder.PathOf(artifact.Sha256));
            }
        }

        return sound;
    }

    /// <summary>Drops the results of a run's shards once they are put together; their content stays for an hour, then it is collected.</summary>
    /// <param name="lease">The attempt that put them together.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was dropped.</exception>
    public async Task DropShardsAsync(Lease lease, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await change.LockHeldAsync(lease, cancel);
        List<Artifact> shards = await change.Db.Artifacts.AsTracking()
            .Where(artifact => artifact.RunId == lease.RunId && artifact.Kind == ShardKind && artifact.DroppedAt == null).ToListAsync(cancel);

        // In one order, so that two changes never wait for each other crosswise.
        foreach (string sha256 in shards.Select(shard => shard.Sha256).Distinct().Order(StringComparer.Ordinal))
            await RenewAsync(change, sha256, cancel);
        foreach (Artifact shard in shards)
            shard.DroppedAt = change.Now;
        await change.CommitAsync(cancel);
    }
}
