using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.FeatureSpaces;

/// <summary>A small network trained on the labelled training images themselves: needs no download, and compares runs on one data set.</summary>
[Kind("classifier", Summary = "a small network trained on the labelled training images themselves, 64 features; no download", Source = "no published one; docs/quality.md says how it is trained")]
public sealed record ClassifierFeatures : FeatureSpace
{
    /// <inheritdoc/>
    public override string NetworkName => "classifier";

    /// <inheritdoc/>
    internal override FeatureNetwork Open(FeatureSources sources)
    {
        ImageSet images = sources.Images(Split.Train);
        int classes = sources.LabelCount ?? (images.Labels.Count == 0 ? 0 : images.Labels.Max() + 1);
        if (images.Labels.Count > 0 && classes < 2)
            throw new SpecException("network", $"classifier needs images of at least 2 classes; the data has {classes}");
        return ClassifierNetwork.Open(images, classes, sources.Classifiers, sources.Shared, sources.Device, null, sources.Warn, sources.Stop);
    }

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        if (run.Data.LabelCount == 0)
            throw new SpecException(path, $"classifier is trained on labels, but the data {Kinds.NameOf(run.Data)} has none; use another network");
    }
}
