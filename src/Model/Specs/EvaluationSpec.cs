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

    /// <summary>The images that metrics of samples are measured on.</summary>
    [Description("the images that metrics of samples are measured on")]
    public EvaluationSamples Samples { get; init; } = new();

    /// <summary>Whether a metric is measured on drawn images.</summary>
    public bool DrawsSamples => Metrics.Any(metric => metric is SampleMetric);

    /// <summary>Jobs that draw the images beside the job that puts their results together and measures; 0 where that one draws them itself.</summary>
    public int ShardJobs => DrawsSamples && Samples.ShardCount > 1 ? Samples.ShardCount : 0;

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        WeightChoice.Check(Weights, run, path);
        ValidationSpec.RequireFor(Checkpoint, run, path);

        // Bounds say more of theirs themselves.
        List<string> names = [.. Metrics.Select(metric => metric.Name)];
        for (int i = 0; i < names.Count; i++)
        {
            int first = names.IndexOf(names[i]);
            if (first < i && Metrics[i] is not NllMetric)
            {
                string at = SpecPath.Member(path, "metrics");
                throw new SpecException(SpecPath.Element(at, i), $"measures {names[i]}, as {SpecPath.Element(at, first)} does, because a run keeps one value of a name; leave one of them out");
            }
        }
    }
}
