using DdpmJobs.Model.Evaluation.Samples;

namespace DdpmJobs.Model.Evaluation;

/// <summary>How sure a classifier is of each drawn image, and how evenly the images spread over its classes.</summary>
/// <remarks>Salimans et al. 2016 (arXiv:1606.03498), section 4: mean over the splits. The standard error is that of this mean; what is published after the ± sign is the deviation of the splits.</remarks>
public abstract record ScoreMetric : SampleMetric
{
    /// <inheritdoc/>
    internal override MetricValue Measure(FeatureContext features)
    {
        (double mean, double deviation) = features.PartOf(this).Score.Value();
        return new MetricValue
        {
            Name = Name,
            Value = mean,
            StandardError = deviation / Math.Sqrt(features.Splits.Count - 1),
            Unit = "score",
            LowerIsBetter = false,
            Protocol = features.ProtocolOf(this, protocol => protocol["splits"] = features.Splits.Count),
            Parts = new Dictionary<string, double> { ["deviation_over_splits"] = deviation },
        };
    }
}
