namespace DdpmJobs.Tracking.Contracts;

/// <summary>Offers a evaluate job on queue <c>ddpm.evaluate.POOL</c>: a hint that it is ready, never a lock and never the work.</summary>
/// <param name="JobId">The job.</param>
public sealed record EvaluateJob(Guid JobId);
