namespace DdpmJobs.Scheduler.Api;

/// <summary>A job.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="Kind"><c>train</c>, <c>evaluate</c> or <c>sample</c>.</param>
/// <param name="State">In snake_case.</param>
/// <param name="Attempt">Number of claims so far.</param>
/// <param name="Done">Work done.</param>
/// <param name="Total">Work in all; 0 while unknown.</param>
/// <param name="Unit">Unit of both.</param>
/// <param name="Runner">Who holds it; null when nobody does.</param>
/// <param name="Error">One sentence; null when nothing went wrong.</param>
/// <param name="AvailableAt">Not to be claimed before, UTC.</param>
/// <param name="StartedAt">First claim, UTC.</param>
/// <param name="EndedAt">When it became final, UTC.</param>
/// <param name="Shard">Which part of the run's evaluation it measures, zero-based; null for the job that puts the parts together or does it all, and for every other kind.</param>
public sealed record JobView(
    Guid Id, string Kind, string State, int Attempt, long Done, long Total, string Unit, string? Runner, string? Error,
    DateTime AvailableAt, DateTime? StartedAt, DateTime? EndedAt, int? Shard = null);
