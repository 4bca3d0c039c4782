using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Weightings;

/// <summary>SNR to a power: 1 weighs every error of the noise alike, 0 every error of the image.</summary>
[Kind("snr_power", Summary = "SNR to a power: 1 is simple with epsilon, 0 is simple with x0", Source = "Salimans and Ho 2022 (arXiv:2202.00512), section 4, for 0 and 1")]
public sealed record SnrPowerWeighting : Weighting
{
    /// <summary>The power.</summary>
    [Description("the power: 1 is simple with epsilon, 0 is simple with x0")]
    [Range(0.0, 4.0)]
    public double Power { get; init; } = 1;

    /// <inheritdoc/>
    public override Tensor OnX0(GaussianDiffusion process, Tensor t, Tensor like) => process.Extract(process.SignalToNoise, t, like).pow(Power);
}
