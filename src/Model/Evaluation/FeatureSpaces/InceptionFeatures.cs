using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Quality.Resizing;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.FeatureSpaces;

/// <summary>The Inception network of 2015-12-05, which FID and the Inception score are defined by.</summary>
[Kind("inception", Summary = "the network of FID and the Inception score, 2048 features; its weights are to be had once by `ddpm weights add inception`",
    Source = "Szegedy et al. 2016 (arXiv:1512.00567); mseitzer/pytorch-fid, inception.py")]
public sealed record InceptionFeatures : FeatureSpace
{
    internal const string PytorchFid = "pytorch_fid";
    internal const string TensorFlow = "tensorflow";

    /// <summary>How images are brought to 299 x 299 pixels.</summary>
    [Description("how images are brought to 299 x 299 pixels; programs differ")]
    public Resize Resize { get; init; } = new BilinearResize();

    /// <summary>How levels are brought to the network's range: <c>pytorch_fid</c>, x / 127.5 - 1; or <c>tensorflow</c>, (x - 128) / 128, as the graph and clean-fid do.</summary>
    [Description("how levels are scaled: pytorch_fid (x / 127.5 - 1) or tensorflow ((x - 128) / 128)")]
    [AllowedValues(PytorchFid, TensorFlow)]
    public string Scaling { get; init; } = PytorchFid;

    /// <inheritdoc/>
    public override string NetworkName => InceptionNetwork.PublishedName;

    /// <inheritdoc/>
    public override string? PublishedWeights => InceptionNetwork.PublishedName;

    /// <inheritdoc/>
    internal override Resize? Resizing => Resize;

    /// <inheritdoc/>
    internal override FeatureNetwork Open(FeatureSources sources) => InceptionNetwork.Open(
        sources.Weights.Require(InceptionNetwork.PublishedName), Scaling == PytorchFid ? InceptionScale.PytorchFid : InceptionScale.TensorFlow, sources.Device, sources.Stop);

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        if (run.Data.Shape.C is not (1 or 3))
            throw new SpecException(path, $"takes images of 1 or 3 channels; the data {Kinds.NameOf(run.Data)} has {run.Data.Shape.C}");
    }
}
