using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>Squared error of the predicted image with weight min(SNR, gamma), which keeps the steps of little noise from dominating.</summary>
/// <remarks>On the network's output: min(SNR, gamma) / SNR for epsilon, min(SNR, gamma) for x0, min(SNR, gamma) / (SNR + 1) for v.</remarks>
[Kind("min_snr", Summary = "squared error with the weight min(SNR, gamma) on the image; trains faster", Source = "Hang et al. 2023 (arXiv:2303.09556)")]
public sealed record MinSnrObjective : Objective
{
    /// <summary>The largest weight.</summary>
    [Description("largest weight on the image's squared error")]
    [Range(1e-6, 1e6)]
    public double Gamma { get; init; } = 5; // Hang et al. 2023

    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
        => SquaredError.WeightedOnX0(inputs, (process, t, like) => process.Extract(process.SignalToNoise, t, like).clamp(max: Gamma));
}
