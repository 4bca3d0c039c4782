namespace DdpmJobs.Scheduler.Api;

/// <summary>Answer to a submission.</summary>
/// <param name="SweepId">The sweep.</param>
/// <param name="Created">False when the same sweep was there already.</param>
/// <param name="Runs">Points.</param>
/// <param name="Jobs">Jobs.</param>
public sealed record SubmitReply(Guid SweepId, bool Created, int Runs, int Jobs);
