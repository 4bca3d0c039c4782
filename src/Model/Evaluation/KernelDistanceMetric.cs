using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Kernel distance between features of drawn and of true images, over random subsets; of Inception features it is KID. Keeps the features of every image.</summary>
/// <remarks>
/// The subsets are a function of <see cref="EvaluationSamples.Seed"/>. The standard error is that of the drawing of subsets: what other subsets of the same images would change.
/// </remarks>
[Kind("kid", Summary = "kernel distance over random subsets; keeps the features of every image", Source = "Bińkowski et al. 2018 (arXiv:1801.01401), section 4")]
public sealed record KernelDistanceMetric : FeatureSetMetric
{
    /// <summary>Number of subsets.</summary>
    [Description("number of subsets")]
    [Range(2, 100_000)]
    public int Subsets { get; init; } = 100;

    /// <summary>Images of each set in a subset.</summary>
    [Description("images of each set in a subset; 1000 as published")]
    [Range(2, 100_000)]
    public int SubsetSize { get; init; } = 1000;

    /// <inheritdoc/>
    public override string Name => Named("kid", Network is InceptionFeatures ? null : Network.NetworkName);

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        MetricList list = ListOf(run);
        if (SubsetSize > list.Samples.Count)
            throw new SpecException(SpecPath.Member(path, "subset_size"), $"must be at most the {list.Samples.Count} images of {list.SamplesPath}.count; got {SubsetSize}");
    }

    /// <inheritdoc/>
    internal override MetricValue Measure(FeatureContext features)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor samples, Tensor reference) = features.FeaturesOf(this, (SplitReference)Reference);
        if (SubsetSize > reference.shape[0])
            throw new SpecException("subset_size", $"must be at most the {reference.shape[0]} true images; got {SubsetSize}");
        KernelEstimate estimate = KernelDistance.OverSubsets(samples, reference, features.Seed, Subsets, SubsetSize);
        return new MetricValue
        {
            Name = Name,
            Value = estimate.Mean,
            StandardError = estimate.StandardError,
            Unit = "squared MMD",
            Protocol = features.ProtocolOf(this, protocol =>
            {
                protocol["reference"] = features.ReferenceProtocolOf(this, Reference);
                protocol["kernel"] = "(x.y / D + 1)^3";
                protocol["estimator"] = "unbiased";
                protocol["subsets"] = Subsets;
                protocol["subset_size"] = SubsetSize;
            }),
            Parts = new Dictionary<string, double> { ["deviation_over_subsets"] = estimate.StandardDeviation },
        };
    }
}
