namespace DdpmJobs.Tracking.Jobs;

/// <summary>A job that could be claimed now.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Pool">Runners that may take it.</param>
public sealed record JobOffer(Guid JobId, JobKind Kind, string Pool);
