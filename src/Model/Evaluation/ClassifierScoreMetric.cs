using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>The Inception score's formula with the classes of another network; at most their number.</summary>
[Kind("classifier_score", Summary = "the Inception score's formula with the classes of another network", Source = "Salimans et al. 2016 (arXiv:1606.03498), section 4")]
public sealed record ClassifierScoreMetric : ScoreMetric
{
    /// <summary>The network.</summary>
    [Description("the network whose classes are used")]
    public FeatureSpace Network { get; init; } = new ClassifierFeatures();

    /// <inheritdoc/>
    public override string Name => Named("classifier_score", Network.NetworkName);

    /// <inheritdoc/>
    internal override FeatureSpace Space => Network;

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        if (Network is InceptionFeatures)
            throw new SpecException(SpecPath.Member(path, "network"), "is inception, and the score of its classes is the Inception score; use the kind inception_score");
    }
}
