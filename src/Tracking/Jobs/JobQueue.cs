using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Jobs;

/// <summary>Claims, leases, endings and requests: every change of a job's state. Each is one conditional update and one event in one transaction.</summary>
public sealed class JobQueue(IDbContextFactory<TrackingDb> contexts, LeaseOptions options)
{
    /// <summary>Claims the offered job if it can be had, else the best ready one of these kinds and this pool: larger priority first, then evaluate and sample before train, then the oldest.</summary>
    /// <returns>The lease, or null when there is nothing to claim.</returns>
    public Task<Lease?> ClaimAsync(Guid runnerId, string runnerName, string pool, IReadOnlyCollection<JobKind> kinds, Guid? offered, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Renews the lease and reports progress.</summary>
    public Task<LeaseState> HeartbeatAsync(Lease lease, JobProgress? progress, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Records where a training attempt began and on what.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public Task StartedAsync(Lease lease, long? resumedAtStep, string environmentJson, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Ends an attempt; a success lets dependants whose last dependency this was become ready in the same transaction, another final state skips them.</summary>
    /// <returns>The job's new state and the jobs that became ready.</returns>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public Task<(JobState State, IReadOnlyList<JobOffer> Ready)> EndAsync(Lease lease, AttemptEnding ending, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Asks a job to stop: running → stopping; blocked or ready → cancelled (or pruned) at once, its dependants skipped; final → refused.</summary>
    public Task<RequestResult> RequestStopAsync(Guid jobId, StopReason reason, string actor, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Takes a failed or cancelled job back to ready as a person's decision; its skipped dependants wait again. Anything else is refused.</summary>
    public Task<RequestResult> RetryAsync(Guid jobId, string actor, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Gives every held lease a full term from now: after the reconciler's start or a database outage.</summary>
    /// <returns>Leases extended.</returns>
    public Task<int> ExtendAllLeasesAsync(CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Takes back jobs whose lease has run out and lists ready jobs that nobody took.</summary>
    /// <param name="offerAgainAfter">How long a job has been ready before it is offered again.</param>
    public Task<ReconcileReport> ReconcileAsync(TimeSpan offerAgainAfter, CancellationToken cancel) => throw new NotImplementedException();
}
