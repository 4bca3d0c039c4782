using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Jobs;

/// <summary>Claims, leases and endings as runners see them. Each is one transaction of conditional updates and events.</summary>
/// <remarks>What people and the reconciler do to jobs is in the other part of this class.</remarks>
public sealed partial class JobQueue(IDbContextFactory<TrackingDb> contexts, LeaseOptions options)
{
    /// <summary>Claims the best ready job of these kinds and this pool: larger priority first, then evaluate and sample before train, so that a started run is finished first, then the offered one, then the oldest; of the parts of one evaluation the first.</summary>
    /// <returns>The lease, or null when there is nothing to claim.</returns>
    public async Task<Lease?> ClaimAsync(
        Guid runnerId, string runnerName, string pool, IReadOnlyCollection<JobKind> kinds, Guid? offered, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Job? job = await BestClaimableAsync(change, pool, kinds, offered, cancel);
        if (job is null)
            return null;

        job.Fence++;
        job.RunnerId = runnerId;
        job.LeaseUntil = change.Now + options.Ttl;
        job.StartedAt ??= change.Now;
        job.ProgressDone = 0;
        change.TryMove(job, JobTrigger.Claimed, $"runner {runnerName}", "");
        change.Db.Attempts.Add(new Attempt { JobId = job.Id, Fence = job.Fence, RunnerId = runnerId, StartedAt = change.Now });
        await change.CommitAsync(cancel);
        return new Lease(job.Id, job.RunId, job.SweepId, job.Kind, job.Fence, runnerId, runnerName, job.Shard);
    }

    /// <summary>Renews the lease and reports progress. A lease that has run out is renewed too, as long as nobody else has the job: unreachable is not dead.</summary>
    public async Task<LeaseState> HeartbeatAsync(Lease lease, JobProgress? progress, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Job? job = await change.LockAsync(lease.JobId, cancel);
        if (job is null || job.Fence != lease.Fence || !job.State.IsHeld())
            return new LeaseState(false, null);

        job.LeaseUntil = change.Now + options.Ttl;
        if (progress is not null)
            (job.ProgressDone, job.ProgressTotal, job.ProgressUnit) = progress;
        await change.CommitAsync(cancel);
        return new LeaseState(true, job.State == JobState.Stopping ? job.StopReason : null);
    }

    /// <summary>Records where a training attempt began and on what.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public async Task StartedAsync(Lease lease, long? resumedAtStep, string environmentJson, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        await change.LockHeldAsync(lease, cancel);
        Attempt attempt = await change.AttemptAsync(lease.JobId, lease.Fence, cancel);
        attempt.ResumedAtStep = resumedAtStep;
        attempt.Environment = environmentJson;
        await change.CommitAsync(cancel);
    }

    /// <summary>Leaves a note on a job for whoever looks at it later; its state stays.</summary>
    /// <exception cref="StaleFenceException">The lease is lost; nothing was written.</exception>
    public async Task NoteAsync(Lease lease, string note, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Job job = await change.LockHeldAsync(lease, cancel);
        change.Db.JobEvents.Add(new JobEvent
        {
            JobId = job.Id, Fence = job.Fence, FromState = job.State, ToState = job.State, Actor = $"runner {lease.RunnerName}", Reason = note, At = change.Now,
        });
        await change.CommitAsync(cancel);
    }

    /// <summary>Ends an attempt; a success lets dependants whose last dependency this was become ready in the same transaction, another final state skips them.</summary>
    /// <returns>The job's new state and the jobs that became ready.</returns>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public async Task<(JobState State, IReadOnlyList<JobOffer> Ready)> EndAsync(Lease lease, AttemptEnding ending, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Job job = await change.LockHeldAsync(lease, cancel);
        Attempt attempt = await change.AttemptAsync(lease.JobId, lease.Fence, cancel);
        string actor = $"runner {lease.RunnerName}";
        StopReason? stop = job.StopReason;

        job.AvailableAt = change.Now;
        switch (ending)
        {
            case AttemptEnding.Succeeded succeeded:
                if (succeeded.Progress is not null)
                    (job.ProgressDone, job.ProgressTotal, job.ProgressUnit) = succeeded.Progress;
                job.ProgressDone = job.ProgressTotal;
                job.Error = null;
                change.TryMove(job, JobTrigger.Succeeded, actor, succeeded.Reason);
                break;
            case AttemptEnding.Diverged diverged:
                job.Error = diverged.Message;
                attempt.Error = diverged.Detail.Length == 0 ? diverged.Message : $"{diverged.Message}\n{diverged.Detail}";
                change.TryMove(job, JobTrigger.Diverged, actor, diverged.Message);
                break;
            case AttemptEnding.Failed failed:
                job.AttemptsCounted++;
                job.Error = failed.Message;
                attempt.Error = failed.Stack;
                bool retry = failed.Retryable && job.AttemptsCounted < job.MaxAttempts;
                job.AvailableAt = retry ? change.Now + Backoff.After(options, job.Id, job.AttemptsCounted) : change.Now;
                change.TryMove(job, retry ? JobTrigger.WillRetry : JobTrigger.GaveUp, actor, failed.Message);
                break;
            case AttemptEnding.HandedBack handedBack:
                change.TryMove(job, JobTrigger.GivenBack, actor, handedBack.Reason);
                break;
            case AttemptEnding.Stopped:
                // A holder that stops although nobody asked gives the job back.
                change.TryMove(job, job.State == JobState.Stopping ? JobTrigger.StopAcknowledged : JobTrigger.GivenBack, actor, stop is null ? "" : JobChange.Word(stop.Value));
                break;
        }

        attempt.EndedAt = change.Now;
        attempt.Ending = EndingWord(ending, job.State);
        await change.SettleDependantsAsync(job, cancel);
        await change.CommitAsync(cancel);
        return (job.State, change.Ready);
    }

    private static string EndingWord(AttemptEnding ending, JobState state) => ending switch
    {
        AttemptEnding.Failed => state == JobState.Failed ? "failed" : "retry",
        AttemptEnding.HandedBack => "handed_back",
        _ => state == JobState.Ready ? "handed_back" : JobChange.Word(state),
    };

    private static Task<Job?> BestClaimableAsync(JobChange change, string pool, IReadOnlyCollection<JobKind> kinds, Guid? offered, CancellationToken cancel)
    {
        // Rows that another claim has locked are passed over, so claims never wait for each other. Ids made within a millisecond are in no order, so the parts of an evaluation need their number.
        string list = string.Join(", ", kinds.Select((_, i) => $"{{{i + 3}}}"));
        string sql = $"select * from job where state = 'ready' and pool = {{0}} and available_at <= {{1}} and kind in ({list}) "
            + "order by priority desc, case kind when 'train' then 1 else 0 end, case when id = {2} then 0 else 1 end, created_at, ordinal, coalesce(shard, -1), id limit 1"
            + change.Db.Dialect.ForUpdateSkipLocked;
        object[] parameters = [pool, change.Now, offered ?? Guid.Empty, .. kinds.Select(JobChange.Word)];
        return change.Db.Jobs.FromSqlRaw(sql, parameters).AsTracking().SingleOrDefaultAsync(cancel);
    }
}
