using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Specs;

/// <summary>What is measured again and again while a run trains. Each value is a pure function of the spec and the step.</summary>
/// <remarks>For each metric the best checkpoint is kept. It is selected by that metric, so its value is no honest result: one measures what it was not selected by.</remarks>
public sealed record ValidationSpec : IRunCheck
{
    /// <summary>Steps between two validations, each exactly at a multiple of it.</summary>
    [Description("steps between two validations")]
    [Range(1, 1_000_000_000)]
    public required int Every { get; init; }

    /// <summary>The metrics, in order.</summary>
    [Description("the metrics, in order")]
    [MinLength(1)]
    public IReadOnlyList<Metric> Metrics { get; init; } = [new NllMetric()];

    /// <summary>The images that metrics of samples are measured on, each time anew. The training draws them itself, so that they are not divided.</summary>
    [Description("the images that metrics of samples are measured on, each time anew")]
    public EvaluationSamples Samples { get; init; } = new() { Count = 1000 };

    /// <summary>Whether a metric is measured on drawn images.</summary>
    public bool DrawsSamples => Metrics.Any(metric => metric is SampleMetric);

    /// <summary>Which weights are measured, as <see cref="EvaluationSpec.Weights"/>.</summary>
    [Description("which weights are measured: raw, or ema.0 for the first moving average and so on")]
    public string Weights { get; init; } = WeightChoice.FirstEma;

    /// <summary>Throws when a run has no such state.</summary>
    /// <param name="choice">Which is used.</param>
    /// <param name="run">The run.</param>
    /// <param name="path">Where the record with the member stands in the run.</param>
    /// <exception cref="SpecException">The best is asked for, but nothing is validated.</exception>
    internal static void RequireFor(CheckpointChoice choice, RunSpec run, string path)
    {
        if (choice == CheckpointChoice.Best && run.Training.Validation is null)
            throw new SpecException(SpecPath.Member(path, "checkpoint"), "is best, but nothing is measured while training, so there is none; set training.validation, or leave it out");
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        WeightChoice.Check(Weights, run, path);
        if (DrawsSamples && Samples.Shards > 1)
            throw new SpecException(SpecPath.Member(path, "samples.shards"), $"must be left out, because a training draws what it validates on by itself; got {Samples.Shards}");
        List<string> names = [.. Metrics.Select(metric => metric.Name)];
        for (int i = 0; i < names.Count; i++)
        {
            int first = names.IndexOf(names[i]);
            if (first < i)
            {
                string at = SpecPath.Member(path, "metrics");
                throw new SpecException(SpecPath.Element(at, i), $"measures {names[i]}, as {SpecPath.Element(at, first)} does, because a run keeps one curve of a name; leave one of them out");
            }
        }
    }
}
