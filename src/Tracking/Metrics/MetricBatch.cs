namespace DdpmJobs.Tracking.Metrics;

/// <summary>Points of one metric on their way to the store as one chunk.</summary>
/// <param name="Name">The metric, as in <c>train/loss</c>.</param>
/// <param name="Seq">Number of the chunk within the attempt and the metric, from 0; the writer's duty, so that a repeat is harmless.</param>
/// <param name="Steps">Steps, ascending.</param>
/// <param name="Values">Values, as many.</param>
/// <param name="Times">UTC times, as many.</param>
/// <param name="Protocol">How the values were measured; null for what training itself reports, as its loss.</param>
public sealed record MetricBatch(string Name, int Seq, long[] Steps, double[] Values, DateTime[] Times, MetricProtocol? Protocol = null);
