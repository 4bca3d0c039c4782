using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Weightings;

/// <summary>SNR, but never below a floor: the larger of the errors of noise and image when the floor is 1.</summary>
[Kind("truncated_snr", Summary = "max(SNR, floor): steps of much noise keep a weight", Source = "Salimans and Ho 2022 (arXiv:2202.00512), section 4")]
public sealed record TruncatedSnrWeighting : Weighting
{
    /// <summary>The smallest weight.</summary>
    [Description("smallest weight")]
    [Range(0.0, 1e6)]
    public double Floor { get; init; } = 1; // Salimans and Ho 2022, section 4

    /// <inheritdoc/>
    public override Tensor OnX0(GaussianDiffusion process, Tensor t, Tensor like) => process.Extract(process.SignalToNoise, t, like).clamp_min(Floor);
}
