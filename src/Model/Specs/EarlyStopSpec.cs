using System.ComponentModel.DataAnnotations;

namespace DdpmJobs.Model.Specs;

/// <summary>When a training is complete before its last step: a validated metric has not improved for some time.</summary>
public sealed record EarlyStopSpec : IRunCheck
{
    /// <summary>Name of the metric, one of those that <see cref="TrainingSpec.Validation"/> measures, as <c>nll</c>.</summary>
    [Description("the metric that is watched, one of those of training.validation, as nll")]
    public required string Metric { get; init; }

    /// <summary>Validations in a row without an improvement after which the training ends.</summary>
    [Description("validations in a row without an improvement after which the training ends")]
    [Range(1, 1_000_000)]
    public int Patience { get; init; } = 5;

    /// <summary>An improvement is one by more than this, in the metric's unit, over the last value that was one.</summary>
    [Description("an improvement is one by more than this, in the metric's unit")]
    [Range(0.0, double.MaxValue)]
    public double MinImprovement { get; init; }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (run.Training.Validation is not ValidationSpec validation)
            throw new SpecException(path, $"watches {Metric}, but nothing is measured while training; set training.validation, or leave it out");
        string[] known = [.. validation.Metrics.Select(metric => metric.Name)];
        if (!known.Contains(Metric))
            throw new SpecException(SpecPath.Member(path, "metric"), $"must be one of {string.Join(", ", known)}, which training.validation measures; got \"{Metric}\"");
    }
}
