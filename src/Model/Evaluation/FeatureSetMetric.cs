using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>A quality that compares the features of single images, drawn and true ones, so that those of every image are kept.</summary>
public abstract record FeatureSetMetric : SampleMetric
{
    /// <summary>The network.</summary>
    [Description("the network whose features are compared; the KID that is published is that of inception")]
    public FeatureSpace Network { get; init; } = new ClassifierFeatures();

    /// <summary>The true images.</summary>
    [Description("the true images: train or test")]
    public ReferenceImages Reference { get; init; } = new TrainReference();

    /// <inheritdoc/>
    internal sealed override ReferenceImages? ComparedWith => Reference;

    /// <inheritdoc/>
    internal sealed override FeatureSpace Space => Network;

    /// <inheritdoc/>
    internal sealed override bool KeepsFeatures => true;

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        Reference.RequireFeatures(Kinds.NameOf(this), SpecPath.Member(path, "reference"));
    }
}
