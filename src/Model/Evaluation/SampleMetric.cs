using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A quality that is measured on drawn images by what a feature network makes of them. All of a list share its images, <see cref="EvaluationSpec.Samples"/>.</summary>
public abstract record SampleMetric : Metric, IRunCheck
{
    /// <summary>
    /// Whether images are rounded to levels of 8 bits first, as if they had been saved as PNG and read again. Published values are of saved images; without, the value shows what
    /// rounding costs, under a name of its own.
    /// </summary>
    [Description("round images to 8 bits first, as if saved as PNG; false shows what that costs, under a name of its own")]
    public bool Quantise { get; init; } = true;

    /// <summary>Network and preprocessing.</summary>
    internal abstract FeatureSpace Space { get; }

    /// <summary>Whether the features of every image are needed, and not sums of them only.</summary>
    internal virtual bool KeepsFeatures => false;

    /// <summary>The true images that the samples are compared with; null where they are not.</summary>
    internal virtual ReferenceImages? ComparedWith => null;

    /// <inheritdoc/>
    // What the images take is counted once for all metrics of them.
    public sealed override long NetworkEvaluations(MetricContext context) => 0;

    /// <inheritdoc/>
    public sealed override MetricValue Measure(MetricContext context) =>
        Measure(context.Features ?? throw new InvalidOperationException($"{Name} is measured on drawn images, and none were drawn."));

    /// <inheritdoc/>
    public virtual void Check(RunSpec run, string path)
    {
        MetricList list = ListOf(run);
        if (KeepsFeatures && list.Samples.Count > FeaturePart.MostKept)
            throw new SpecException(path, $"{Kinds.NameOf(this)} keeps the features of every image, which is done for at most {FeaturePart.MostKept}; {list.SamplesPath}.count is {list.Samples.Count}");
    }

    /// <summary>The list of the run in which this metric stands.</summary>
    private protected MetricList ListOf(RunSpec run) =>
        run.Training.Validation?.Metrics.Any(metric => ReferenceEquals(metric, this)) == true ? MetricList.OfValidation(run) : MetricList.OfEvaluation(run);

    /// <summary>Measures.</summary>
    internal abstract MetricValue Measure(FeatureContext features);

    /// <summary>A name with the network's in brackets, and what else sets the value apart from one that may bear the name alone.</summary>
    /// <param name="name">As in <c>frechet_distance</c>.</param>
    /// <param name="network">Name of the network; null where the name says it.</param>
    protected string Named(string name, string? network)
    {
        string[] marks = [.. network is null ? [] : new[] { network }, .. Quantise ? [] : new[] { "unquantised" }];
        return marks.Length == 0 ? name : $"{name}[{string.Join(',', marks)}]";
    }
}
