namespace DdpmJobs.Tracking.Jobs;

/// <summary>How far an attempt is.</summary>
/// <param name="Done">Work done.</param>
/// <param name="Total">Work in all.</param>
/// <param name="Unit"><c>steps</c> or <c>evaluations</c>.</param>
public sealed record JobProgress(long Done, long Total, string Unit);
