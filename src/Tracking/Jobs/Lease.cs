namespace DdpmJobs.Tracking.Jobs;

/// <summary>The right to work on a job, as long as <see cref="Fence"/> is the job's newest and the lease has not run out.</summary>
/// <param name="JobId">The job.</param>
/// <param name="RunId">Its run.</param>
/// <param name="SweepId">Its sweep.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Fence">The claim's number.</param>
/// <param name="RunnerId">Who holds it.</param>
/// <param name="RunnerName">The holder's name for the event log.</param>
/// <param name="Shard">Which part of the run's evaluation it is for, zero-based; null for the whole.</param>
public sealed record Lease(Guid JobId, Guid RunId, Guid SweepId, JobKind Kind, int Fence, Guid RunnerId, string RunnerName, int? Shard = null);
