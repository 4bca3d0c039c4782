namespace DdpmJobs.Scheduler.Api;

/// <summary>Answer to a submission.</summary>
/// <param name="SweepId">The sweep.</param>
/// <param name="Created">False when the same sweep was there already.</param>
/// <param name="Runs">Points.</param>
/// <param name="Jobs">Jobs.</param>
/// <param name="Warnings">What in its runs works, but perhaps not as meant.</param>
public sealed record SubmitReply(Guid SweepId, bool Created, int Runs, int Jobs, IReadOnlyList<WarningView> Warnings);
