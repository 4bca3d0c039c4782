using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.FeatureSpaces;

/// <summary>A residual network that knows the classes of CIFAR-10: for images of that kind where the Inception network is not to be had.</summary>
[Kind("cifar10_resnet", Summary = "a residual network that knows the classes of CIFAR-10, 64 features; its weights are to be had once by `ddpm weights add`",
    Source = "He et al. 2016 (arXiv:1512.03385), section 4.2; akamaster/pytorch_resnet_cifar10")]
public sealed record CifarResnetFeatures : FeatureSpace
{
    /// <summary>Its layers.</summary>
    [Description("its layers: 20, 32, 44 or 56")]
    [AllowedValues(20, 32, 44, 56)]
    public int Depth { get; init; } = 20;

    /// <inheritdoc/>
    public override string NetworkName => CifarResnet.NameOf(Depth);

    /// <inheritdoc/>
    public override string? PublishedWeights => NetworkName;

    /// <inheritdoc/>
    internal override FeatureNetwork Open(FeatureSources sources) => CifarResnet.Open(Depth, sources.Weights.Require(NetworkName), sources.Device, sources.Stop);

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        (int channels, int height, int width) = run.Data.Shape;
        if ((channels, height, width) != (3, 32, 32))
        {
            throw new SpecException(path,
                $"{NetworkName} takes images of 3 x 32 x 32 only; the data {Kinds.NameOf(run.Data)} has {channels} x {height} x {width}; use classifier, which is trained on the data itself");
        }
    }
}
