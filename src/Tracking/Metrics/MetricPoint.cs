namespace DdpmJobs.Tracking.Metrics;

/// <summary>One point of a curve.</summary>
/// <param name="Step">Optimiser step, or t for series over the process.</param>
/// <param name="Value">The value; may be NaN or infinite.</param>
public readonly record struct MetricPoint(long Step, double Value);
