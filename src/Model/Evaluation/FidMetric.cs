using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Quality.Resizing;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Fréchet Inception distance: that between features of the published Inception network, and of no other.</summary>
[Kind("fid", Summary = "Fréchet Inception distance; needs the weights of `ddpm weights add inception`", Source = "Heusel et al. 2017 (arXiv:1706.08500), eq. 6")]
public sealed record FidMetric : DistanceMetric
{
    private InceptionFeatures Inception => new() { Resize = Resize, Scaling = Scaling };

    /// <summary>As <see cref="InceptionFeatures.Resize"/>.</summary>
    [Description("how images are brought to 299 x 299 pixels: bilinear as pytorch-fid, tf1_bilinear as the paper's program, bicubic_antialias as clean-fid")]
    public Resize Resize { get; init; } = new BilinearResize();

    /// <summary>As <see cref="InceptionFeatures.Scaling"/>.</summary>
    [Description("how levels are scaled: pytorch_fid (x / 127.5 - 1) or tensorflow ((x - 128) / 128)")]
    [AllowedValues(InceptionFeatures.PytorchFid, InceptionFeatures.TensorFlow)]
    public string Scaling { get; init; } = InceptionFeatures.PytorchFid;

    /// <inheritdoc/>
    public override string Name => Named("fid", null);

    /// <inheritdoc/>
    internal override FeatureSpace Space => Inception;

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        Inception.Check(run, path);
    }
}
