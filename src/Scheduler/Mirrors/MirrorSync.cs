using DdpmJobs.Scheduler.Api;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Hangfire;
using Hangfire.Storage;
using Microsoft.EntityFrameworkCore;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Mirrors;

/// <summary>Keeps one Hangfire job for each of ours in the same state. The store is right; a mirror that is lost is made again.</summary>
public sealed class MirrorSync(IDbContextFactory<TrackingDb> contexts, IBackgroundJobClient client, JobStorage storage, TimeProvider clock)
{
    // Final jobs older than this get no new mirror: Hangfire itself forgets its succeeded jobs after a day.
    private static readonly TimeSpan RebuildFinal = TimeSpan.FromHours(12);
    private static readonly TimeSpan VerifyEvery = TimeSpan.FromMinutes(1);

    // What else than the state's name must be as it was, or the mirror is moved.
    private static readonly string[] Compared = [MirrorState.Attempt, MirrorState.WaitsFor];

    private readonly Dictionary<Guid, (JobState State, int Fence, int Unmet, DateTime ChangedAt)> _shown = [];
    private DateTimeOffset _verifiedAt = DateTimeOffset.MinValue;
    private DateTime? _finalSince;

    /// <summary>Makes missing mirrors and moves those that differ.</summary>
    /// <returns>Mirrors made or moved.</returns>
    public async Task<int> SyncAsync(CancellationToken cancel)
    {
        // Trust what was shown, but look at the mirrors themselves once a minute.
        DateTimeOffset now = clock.GetUtcNow();
        if (now - _verifiedAt >= VerifyEvery)
        {
            _shown.Clear();
            _verifiedAt = now;
        }

        // Read what lives or has changed since the last pass.
        DateTime since = _finalSince ?? (now - RebuildFinal).UtcDateTime;
        await using TrackingDb db = await contexts.CreateDbContextAsync(cancel);
        var jobs = await db.Jobs.AsNoTracking()
            .Where(j => j.State == JobState.Blocked || j.State == JobState.Ready || j.State == JobState.Running || j.State == JobState.Stopping || j.StateChangedAt >= since)
            .OrderBy(j => j.Id)
            .Select(j => new { Job = j, Shards = db.Jobs.Count(o => o.RunId == j.RunId && o.Shard != null), Run = j.Run!.Name, Sweep = j.Run.Sweep!.Name }).ToListAsync(cancel);
        Dictionary<Guid, string> runners = await RunnersAsync(db, [.. jobs.Select(j => j.Job)], cancel);

        // Move each mirror that differs.
        int moved = 0;
        using IStorageConnection connection = storage.GetConnection();
        foreach (var entry in jobs)
        {
            Job job = entry.Job;
            var now1 = (job.State, job.Fence, job.UnmetDependencies, job.StateChangedAt);
            if (_shown.TryGetValue(job.Id, out var before) && before == now1)
            {
                continue;
            }

            string runner = job.RunnerId is { } id ? runners.GetValueOrDefault(id, "") : "";
            moved += await ShowAsync(db, connection, job, JobName.Of(Views.Name(job.Kind), job.Shard, entry.Shards), entry.Sweep, entry.Run, runner, cancel) ? 1 : 0;
            _shown[job.Id] = now1;
        }

        // A row's time of change is the database's and its transaction may end after the time: overlap generously.
        if (jobs.Count > 0)
        {
            DateTime newest = jobs.Max(j => j.Job.StateChangedAt).AddMinutes(-2);
            _finalSince = newest > since ? newest : since;
        }

        return moved;
    }

    private async Task<bool> ShowAsync(TrackingDb db, IStorageConnection connection, Job job, string name, string sweep, string run, string runner, CancellationToken cancel)
    {
        var state = MirrorState.Of(job, runner, null);
        StateData? shown = MirrorOf(connection, job);
        if (shown is not null)
        {
            Dictionary<string, string> data = state.SerializeData();
            bool same = shown.Name == state.Name && Compared.All(key => (shown.Data.TryGetValue(key, out string? value) ? value : null) == data.GetValueOrDefault(key));
            return !same && client.ChangeState(job.MirrorId!, state, shown.Name);
        }

        // Make it, and note it with the job only if nobody else did meanwhile.
        string mirrorId = client.Create(Hangfire.Common.Job.FromExpression(() => JobMirror.Show(job.Id, name, sweep, run)), state);
        string? old = job.MirrorId;
        int noted = await db.Jobs.Where(j => j.Id == job.Id && j.MirrorId == old).ExecuteUpdateAsync(s => s.SetProperty(j => j.MirrorId, mirrorId), cancel);
        if (noted == 0)
        {
            RemoveUnnoted(connection, mirrorId);
        }

        return noted > 0;
    }

    // Ids of an in-memory storage start anew with every process: the mirror under the noted id may be another job's.
    private static StateData? MirrorOf(IStorageConnection connection, Job job)
    {
        if (job.MirrorId is null || connection.GetJobData(job.MirrorId) is not { } data || data.Job?.Type != typeof(JobMirror) || (Guid)data.Job.Args[0] != job.Id)
        {
            return null;
        }

        return connection.GetStateData(job.MirrorId);
    }

    private static void RemoveUnnoted(IStorageConnection connection, string mirrorId)
    {
        using IWriteOnlyTransaction transaction = connection.CreateWriteTransaction();
        transaction.ExpireJob(mirrorId, TimeSpan.Zero);
        transaction.Commit();
    }

    private static async Task<Dictionary<Guid, string>> RunnersAsync(TrackingDb db, List<Job> jobs, CancellationToken cancel)
    {
        List<Guid> ids = [.. jobs.Where(j => j.RunnerId is not null).Select(j => j.RunnerId!.Value).Distinct()];
        return await db.Runners.Where(r => ids.Contains(r.Id)).ToDictionaryAsync(r => r.Id, r => r.Name, cancel);
    }
}
