namespace DdpmJobs.Tracking.Jobs;

/// <summary>What became of a person's request.</summary>
/// <param name="Accepted">Whether it was legal and done.</param>
/// <param name="Message">What was done, or why not, in one sentence.</param>
public sealed record RequestResult(bool Accepted, string Message);
