namespace DdpmJobs.Tracking.Contracts;

/// <summary>Offers a sample job on queue <c>ddpm.sample.POOL</c>: a hint that it is ready, never a lock and never the work.</summary>
/// <param name="JobId">The job.</param>
public sealed record SampleJob(Guid JobId);
