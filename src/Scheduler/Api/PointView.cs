namespace DdpmJobs.Scheduler.Api;

/// <summary>One point of a curve.</summary>
/// <param name="Step">Optimiser step, or t for series over the process.</param>
/// <param name="Value">The value; non-finite ones travel as <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>.</param>
/// <param name="ProtocolDigest">How it was measured, where it is a quality; null for what training itself reports, and in a curve.</param>
public sealed record PointView(long Step, double Value, string? ProtocolDigest = null);
