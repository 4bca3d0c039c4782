using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>The same distance as FID between features of another network, and so never called FID.</summary>
[Kind("frechet_distance", Summary = "the distance of FID between features of another network", Source = "Heusel et al. 2017 (arXiv:1706.08500), eq. 6")]
public sealed record FrechetDistanceMetric : DistanceMetric
{
    /// <summary>The network.</summary>
    [Description("the network whose features are compared")]
    public FeatureSpace Network { get; init; } = new ClassifierFeatures();

    /// <inheritdoc/>
    public override string Name => Named("frechet_distance", Network.NetworkName);

    /// <inheritdoc/>
    internal override FeatureSpace Space => Network;

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        if (Network is InceptionFeatures)
            throw new SpecException(SpecPath.Member(path, "network"), "is inception, and the distance between its features is named FID; use the kind fid");
    }
}
