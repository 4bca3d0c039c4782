using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Jobs;

/// <summary>What people and the reconciler do to jobs.</summary>
public sealed partial class JobQueue
{
    private const int OffersAtOnce = 200;

    /// <summary>Asks a job to stop: running → stopping; blocked or ready → cancelled (or pruned) at once, its dependants skipped; stopping → the stronger of both reasons; final → refused.</summary>
    public async Task<RequestResult> RequestStopAsync(Guid jobId, StopReason reason, string actor, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Job? job = await change.LockAsync(jobId, cancel);
        if (job is null)
            return new RequestResult(false, $"There is no job {jobId}.");

        // A stronger reason replaces a weaker one: a preemption would bring back what a person cancelled.
        if (job.State == JobState.Stopping && reason >= job.StopReason)
            return new RequestResult(true, $"The {JobChange.Name(job)} is stopping already.");

        StopReason? before = job.StopReason;
        job.StopReason = reason;
        if (!change.TryMove(job, JobTrigger.StopRequested, actor, JobChange.Word(reason)))
        {
            job.StopReason = before;
            return new RequestResult(false, $"The {JobChange.Name(job)} is {JobChange.Word(job.State)}; it cannot be stopped.");
        }

        await change.SettleDependantsAsync(job, cancel);
        await change.CommitAsync(cancel);
        return new RequestResult(true, $"The {JobChange.Name(job)} is {JobChange.Word(job.State)}.");
    }

    /// <summary>Takes a failed or cancelled job back to ready (or blocked) as a person's decision; its skipped and cancelled dependants wait again. Anything else is refused.</summary>
    public async Task<RequestResult> RetryAsync(Guid jobId, string actor, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);

        // Locks are taken along the graph: what a job waits for first.
        bool lost = await change.HasLostDependencyAsync(jobId, cancel);
        Job? job = await change.LockAsync(jobId, cancel);
        if (job is null)
            return new RequestResult(false, $"There is no job {jobId}.");
        if (job.State is not (JobState.Failed or JobState.Cancelled))
            return new RequestResult(false, $"The {JobChange.Name(job)} is {JobChange.Word(job.State)}; only a failed or cancelled job can be retried.");

        // A job whose dependency is still under way waits for it again; one whose dependency ended otherwise has nothing to work on.
        bool waits = job.UnmetDependencies > 0;
        if (lost)
            return new RequestResult(false, $"The {JobChange.Name(job)} needs a job that did not succeed; retry that one.");

        job.AttemptsCounted = 0;
        job.AvailableAt = change.Now;
        job.Error = null;
        change.TryMove(job, waits ? JobTrigger.DependencyRetried : JobTrigger.Retried, actor, "retry");
        await change.BlockDependantsAsync(job, actor, cancel);
        await change.CommitAsync(cancel);
        return new RequestResult(true, $"The {JobChange.Name(job)} is {JobChange.Word(job.State)} again.");
    }

    /// <summary>Gives every held lease a full term from now: after the reconciler's start or a database outage.</summary>
    /// <returns>Leases extended.</returns>
    public async Task<int> ExtendAllLeasesAsync(CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        DateTime until = change.Now + options.Ttl;
        int extended = await change.Db.Jobs.Where(job => job.LeaseUntil != null && job.LeaseUntil < until)
            .ExecuteUpdateAsync(set => set.SetProperty(job => job.LeaseUntil, until), cancel);
        await change.CommitAsync(cancel);
        return extended;
    }

    /// <summary>Takes back jobs whose lease has run out and lists ready jobs that nobody took.</summary>
    /// <param name="offerAgainAfter">How long a job has been ready before it is offered again.</param>
    public async Task<ReconcileReport> ReconcileAsync(TimeSpan offerAgainAfter, CancellationToken cancel)
    {
        List<Guid> expired;
        List<JobOffer> offers;
        await using (JobChange look = await JobChange.BeginAsync(contexts, cancel))
        {
            expired = await look.Db.Jobs.Where(job => job.LeaseUntil != null && job.LeaseUntil < look.Now).Select(job => job.Id).ToListAsync(cancel);
            DateTime before = look.Now - offerAgainAfter;
            offers = await look.Db.Jobs.Where(job => job.State == JobState.Ready && job.AvailableAt <= before && job.StateChangedAt <= before)
                .OrderByDescending(job => job.Priority).ThenBy(job => job.CreatedAt).ThenBy(job => job.Ordinal).Take(OffersAtOnce)
                .Select(job => new JobOffer(job.Id, job.Kind, job.Pool)).ToListAsync(cancel);
        }

        // One transaction a job: a job that cannot be taken back now does not hold up the others.
        List<Guid> lost = [];
        foreach (Guid id in expired)
        {
            if (await TakeBackAsync(id, evenIfHeld: false, "the runner's lease ran out", cancel))
                lost.Add(id);
        }

        return new ReconcileReport(lost, offers);
    }

    /// <summary>Takes back every held job, however long its lease still lasts: for a process that works on its store alone and has just started, so that no holder can be alive.</summary>
    /// <returns>The jobs.</returns>
    public async Task<IReadOnlyList<Guid>> TakeBackAllAsync(CancellationToken cancel)
    {
        List<Guid> held;
        await using (JobChange look = await JobChange.BeginAsync(contexts, cancel))
            held = await look.Db.Jobs.Where(job => job.LeaseUntil != null).Select(job => job.Id).ToListAsync(cancel);
        foreach (Guid id in held)
            await TakeBackAsync(id, evenIfHeld: true, "the process that worked on it was killed", cancel);
        return held;
    }

    private async Task<bool> TakeBackAsync(Guid jobId, bool evenIfHeld, string reason, CancellationToken cancel)
    {
        await using JobChange change = await JobChange.BeginAsync(contexts, cancel);
        Job? job = await change.LockAsync(jobId, cancel);
        if (job?.LeaseUntil is not DateTime until || (until >= change.Now && !evenIfHeld))
            return false; // renewed or ended meanwhile

        // A job that takes its runners down with it must not do so for ever.
        job.AttemptsCounted++;
        bool again = job.AttemptsCounted < job.MaxAttempts;
        job.Error = again ? job.Error : $"Lost {job.AttemptsCounted} times: {reason}.";
        job.AvailableAt = change.Now;
        change.TryMove(job, again ? JobTrigger.GivenBack : JobTrigger.GaveUp, "reconciler", reason);

        Attempt attempt = await change.AttemptAsync(job.Id, job.Fence, cancel);
        attempt.EndedAt = change.Now;
        attempt.Ending = "lost";
        attempt.Error = reason;
        await change.SettleDependantsAsync(job, cancel);
        await change.CommitAsync(cancel);
        return true;
    }
}
