using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Specs;

/// <summary>What is measured on the trained network.</summary>
public sealed record EvaluationSpec
{
    /// <summary>The metrics, in order.</summary>
    [Description("the metrics, in order")]
    public IReadOnlyList<Metric> Metrics { get; init; } = [new NllMetric()];
}
