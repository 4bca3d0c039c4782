namespace DdpmJobs.Scheduler.Api;

/// <summary>A sweep in a list.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Name">The name in the file.</param>
/// <param name="State"><c>running</c> while any job is not final, else <c>failed</c>, <c>cancelled</c> or <c>succeeded</c> (a diverged run is a result).</param>
/// <param name="SubmittedBy">Who submitted it.</param>
/// <param name="SubmittedAt">When, UTC.</param>
/// <param name="Runs">Points.</param>
/// <param name="Jobs">Count of jobs by state, as in <c>succeeded: 7</c>.</param>
public sealed record SweepSummary(Guid Id, string Name, string State, string SubmittedBy, DateTime SubmittedAt, int Runs, IReadOnlyDictionary<string, int> Jobs);
