using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.GpuRunner.Metrics;

/// <summary>Points of one metric as the work hands them over.</summary>
/// <param name="Name">The metric, as in <c>train/loss</c>.</param>
/// <param name="Steps">Steps, ascending, after those of the block before.</param>
/// <param name="Values">Values, as many.</param>
/// <param name="At">UTC time of the hand-over.</param>
/// <param name="Protocol">How they were measured; null for what training itself reports.</param>
public sealed record MetricBlock(string Name, long[] Steps, double[] Values, DateTime At, MetricProtocol? Protocol = null);
