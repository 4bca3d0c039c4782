using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A squared Fréchet distance between the features of drawn and of true images.</summary>
/// <remarks>Heusel et al. 2017 (arXiv:1706.08500), eq. 6; unbiased covariances, float64.</remarks>
public abstract record DistanceMetric : SampleMetric
{
    /// <summary>The true images.</summary>
    [Description("the true images: train, test or file")]
    public ReferenceImages Reference { get; init; } = new TrainReference();

    /// <inheritdoc/>
    internal override ReferenceImages? ComparedWith => Reference;

    /// <inheritdoc/>
    internal override MetricValue Measure(FeatureContext features)
    {
        FeaturePart part = features.PartOf(this);
        FeatureStatistics[] splits = [.. part.Splits.OrderBy(split => split.Key).Select(split => split.Value)];
        FeatureGaussian samples = FeatureStatistics.Merge(splits).Gaussian();
        FrechetDistance distance = features.ReferenceOf(this).DistanceTo(samples);

        Dictionary<string, double> parts = new() { ["mean_term"] = distance.MeanTerm, ["trace_of_root"] = distance.TraceOfRoot };
        IReadOnlyList<(long Count, double Value)> growth = FrechetError.Growth(features.ReferenceOf(this), splits);
        if (growth.Count > 1)
            parts["at_infinitely_many_samples"] = FrechetError.AtInfinity(growth);

        return new MetricValue
        {
            Name = Name,
            Value = distance.Value,
            StandardError = splits.Length > 1 && samples.Count - splits.Max(split => split.Count) > 1 ? FrechetError.Jackknife(features.ReferenceOf(this), splits) : null,
            Unit = "squared distance",
            Protocol = features.ProtocolOf(this, protocol =>
            {
                protocol["reference"] = features.ReferenceProtocolOf(this);
                protocol["covariance"] = "unbiased";
            }),
            Parts = parts,
            Series = growth.Count > 1
                ? new Dictionary<string, (long[], double[])> { [$"{Name}/at_samples"] = ([.. growth.Select(point => point.Count)], [.. growth.Select(point => point.Value)]) }
                : new Dictionary<string, (long[], double[])>(),
            Warnings = distance.Warnings,
        };
    }
}
