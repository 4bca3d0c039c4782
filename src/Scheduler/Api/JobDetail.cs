namespace DdpmJobs.Scheduler.Api;

/// <summary>A job with its history.</summary>
/// <param name="Job">As in a run.</param>
/// <param name="SweepId">Its sweep.</param>
/// <param name="RunId">Its run.</param>
/// <param name="Attempts">Its claims, oldest first.</param>
/// <param name="Events">Its changes of state, oldest first.</param>
public sealed record JobDetail(JobView Job, Guid SweepId, Guid RunId, IReadOnlyList<AttemptView> Attempts, IReadOnlyList<JobEventView> Events);
