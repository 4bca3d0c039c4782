using DdpmJobs.Model.Evaluation.FeatureSpaces;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>One way in which samples are looked at; one pass over them feeds all metrics of it.</summary>
/// <param name="Space">Network and preprocessing.</param>
/// <param name="Quantise">Whether images are rounded to 8 bits first.</param>
/// <param name="KeepsFeatures">Whether a metric needs the features of every image, and not sums of them only.</param>
internal sealed record FeatureUse(FeatureSpace Space, bool Quantise, bool KeepsFeatures)
{
    /// <summary>The ways of a list of metrics, in order of their first metric.</summary>
    public static IReadOnlyList<FeatureUse> Of(IEnumerable<SampleMetric> metrics) =>
        [.. metrics.GroupBy(metric => (metric.Space, metric.Quantise)).Select(group => new FeatureUse(group.Key.Space, group.Key.Quantise, group.Any(metric => metric.KeepsFeatures)))];
}
