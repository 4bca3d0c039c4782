namespace DdpmJobs.Model.Evaluation;

/// <summary>A family of qualities of a trained network.</summary>
public abstract record Metric
{
    /// <summary>Name of the value that it measures, as in <c>nll</c>: <see cref="MetricValue.Name"/>.</summary>
    public abstract string Name { get; }

    /// <summary>Measures.</summary>
    /// <exception cref="Specs.SpecException">The metric cannot be measured on these images; the path is relative to the metric.</exception>
    /// <exception cref="OperationCanceledException">The context's stop was asked for.</exception>
    public abstract MetricValue Measure(MetricContext context);

    /// <summary>Network evaluations of images that <see cref="Measure"/> will take, for progress.</summary>
    /// <exception cref="Specs.SpecException">The metric cannot be measured on these images; the path is relative to the metric.</exception>
    public abstract long NetworkEvaluations(MetricContext context);
}
