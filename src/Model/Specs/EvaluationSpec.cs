using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Specs;

/// <summary>What is measured on the trained network.</summary>
public sealed record EvaluationSpec : IRunCheck
{
    /// <summary>The metrics, in order.</summary>
    [Description("the metrics, in order")]
    public IReadOnlyList<Metric> Metrics { get; init; } = [new NllMetric()];

    /// <summary>Which weights are measured: <c>raw</c>, or <c>ema.0</c> for the first moving average of the training, <c>ema.1</c> for the second and so on.</summary>
    [Description("which weights are measured: raw, or ema.0 for the first moving average and so on")]
    public string Weights { get; init; } = WeightChoice.FirstEma;

    /// <inheritdoc/>
    public void Check(RunSpec run, string path) => WeightChoice.Check(Weights, run, path);
}
