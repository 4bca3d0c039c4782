using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>True images that metrics compare with in one space; what several need is looked at once.</summary>
/// <param name="Metric">Place of the first such metric in the list.</param>
/// <param name="Space">Network and preprocessing.</param>
/// <param name="Reference">The images.</param>
/// <param name="KeepsFeatures">Whether a metric needs the features themselves.</param>
internal sealed record Comparison(int Metric, FeatureSpace Space, ReferenceImages Reference, bool KeepsFeatures)
{
    /// <summary>Those of a list, in order of their first metric.</summary>
    public static IReadOnlyList<Comparison> Of(IReadOnlyList<Metric> metrics) =>
    [
        .. metrics.Select((metric, place) => (Metric: metric as SampleMetric, Place: place)).Where(there => there.Metric?.ComparedWith is not null)
            .GroupBy(there => (there.Metric!.Space, Reference: there.Metric.ComparedWith!))
            .Select(group => new Comparison(group.First().Place, group.Key.Space, group.Key.Reference, group.Any(there => there.Metric!.KeepsFeatures))),
    ];
}
