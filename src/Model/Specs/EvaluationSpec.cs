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

    /// <summary>Which state of the training is measured. A value of the best is one of a selected network: its protocol says so, and it is not ranked with values of the last.</summary>
    [Description("which state of the training is measured: the last, or the best by the first metric of training.validation")]
    public CheckpointChoice Checkpoint { get; init; }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        WeightChoice.Check(Weights, run, path);
        ValidationSpec.RequireFor(Checkpoint, run, path);
    }
}
