using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A list of metrics where it stands in a run, with the samples that metrics of samples are measured on.</summary>
/// <param name="Metrics">The metrics, in order.</param>
/// <param name="Samples">The samples.</param>
/// <param name="Path">Where the list stands, as in <c>evaluation.metrics</c>.</param>
internal sealed record MetricList(IReadOnlyList<Metric> Metrics, EvaluationSamples Samples, string Path)
{
    /// <summary>The metrics of a run's evaluation.</summary>
    public static MetricList OfEvaluation(RunSpec run) => new(run.Evaluation.Metrics, run.Evaluation.Samples, "evaluation.metrics");

    /// <summary>The metrics of a run's validation, which it has.</summary>
    public static MetricList OfValidation(RunSpec run) => new(run.Training.Validation!.Metrics, run.Training.Validation.Samples, "training.validation.metrics");

    /// <summary>Where the samples stand in the run.</summary>
    public string SamplesPath => Path.Replace(".metrics", ".samples", StringComparison.Ordinal);

    /// <summary>Does something for a metric, or throws with the metric's place in the run: the metric itself names only the place within.</summary>
    public T At<T>(int metric, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SpecException error)
        {
            throw new SpecException(SpecPath.Member(SpecPath.Element(Path, metric), error.Path), error.Reason);
        }
    }
}
