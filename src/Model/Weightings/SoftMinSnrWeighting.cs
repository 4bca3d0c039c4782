using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Weightings;

/// <summary>SNR gamma / (SNR + gamma): min(SNR, gamma) without its corner.</summary>
[Kind("soft_min_snr", Summary = "SNR gamma / (SNR + gamma): min(SNR, gamma) without its corner", Source = "Crowson et al. 2024 (arXiv:2401.11605)")]
public sealed record SoftMinSnrWeighting : Weighting
{
    /// <summary>The weight's limit for large SNR.</summary>
    [Description("the weight's limit for large SNR")]
    [Range(1e-6, 1e6)]
    public double Gamma { get; init; } = 4; // Crowson et al. 2024

    /// <inheritdoc/>
    public override Tensor OnX0(GaussianDiffusion process, Tensor t, Tensor like)
    {
        Tensor snr = process.Extract(process.SignalToNoise, t, like);
        return snr * Gamma / (snr + Gamma);
    }
}
