namespace DdpmJobs.Tracking.Contracts;

/// <summary>Offers a train job on queue <c>ddpm.train.POOL</c>: a hint that it is ready, never a lock and never the work.</summary>
/// <param name="JobId">The job.</param>
public sealed record TrainJob(Guid JobId);
