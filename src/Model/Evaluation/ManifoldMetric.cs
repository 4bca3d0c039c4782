using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A share of images that lie within the manifold of others: no farther from one of them than its k-th neighbour. Keeps the features of every image.</summary>
/// <remarks>
/// Kynkäänniemi et al. 2019 (arXiv:1904.06991), eq. 1 and 2. The standard error is that of a share of so many independent images with the manifold as it is. Both shares depend on how many
/// images make a manifold, so both numbers are in the protocol.
/// </remarks>
public abstract record ManifoldMetric : FeatureSetMetric
{
    /// <summary>k.</summary>
    [Description("k: an image's ball reaches to its k-th neighbour; 3 as published")]
    [Range(1, 1000)]
    public int Neighbour { get; init; } = 3;

    /// <inheritdoc/>
    public override string Name => Named(Kinds.NameOf(this), Network.NetworkName);

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        MetricList list = ListOf(run);
        if (Neighbour >= list.Samples.Count)
            throw new SpecException(SpecPath.Member(path, "neighbour"), $"must be below the {list.Samples.Count} images of {list.SamplesPath}.count; got {Neighbour}");
    }

    /// <summary>Which of the two shares, and of how many images.</summary>
    private protected abstract (double Share, long Images) Of(PrecisionRecall both, long samples, long reference);

    /// <inheritdoc/>
    internal override MetricValue Measure(FeatureContext features)
    {
        (PrecisionRecall both, long samples, long reference) = features.ManifoldsOf(this, (SplitReference)Reference, Neighbour);
        (double share, long images) = Of(both, samples, reference);
        return new MetricValue
        {
            Name = Name,
            Value = share,
            StandardError = Math.Sqrt(share * (1 - share) / images),
            Unit = "share",
            LowerIsBetter = false,
            Protocol = features.ProtocolOf(this, protocol =>
            {
                protocol["reference"] = features.ReferenceProtocolOf(this, Reference);
                protocol["neighbour"] = Neighbour;
            }),
        };
    }
}
