namespace DdpmJobs.Scheduler.Api;

/// <summary>One point of a curve.</summary>
/// <param name="Step">Optimiser step, or t for series over the process.</param>
/// <param name="Value">The value; non-finite ones travel as <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>.</param>
public sealed record PointView(long Step, double Value);
