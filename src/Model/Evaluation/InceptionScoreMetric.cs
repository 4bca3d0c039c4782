using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Quality.Resizing;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Inception score: of the published Inception network, its 1008 logits without bias.</summary>
[Kind("inception_score", Summary = "Inception score; needs the weights of `ddpm weights add inception`", Source = "Salimans et al. 2016 (arXiv:1606.03498), section 4; toshas/torch-fidelity, metric_isc.py")]
public sealed record InceptionScoreMetric : ScoreMetric
{
    private InceptionFeatures Inception => new() { Resize = Resize, Scaling = Scaling };

    /// <summary>As <see cref="InceptionFeatures.Resize"/>.</summary>
    [Description("how images are brought to 299 x 299 pixels")]
    public Resize Resize { get; init; } = new BilinearResize();

    /// <summary>As <see cref="InceptionFeatures.Scaling"/>.</summary>
    [Description("how levels are scaled: pytorch_fid (x / 127.5 - 1) or tensorflow ((x - 128) / 128)")]
    [AllowedValues(InceptionFeatures.PytorchFid, InceptionFeatures.TensorFlow)]
    public string Scaling { get; init; } = InceptionFeatures.PytorchFid;

    /// <inheritdoc/>
    public override string Name => Named("inception_score", null);

    /// <inheritdoc/>
    internal override FeatureSpace Space => Inception;

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        base.Check(run, path);
        Inception.Check(run, path);
    }
}
