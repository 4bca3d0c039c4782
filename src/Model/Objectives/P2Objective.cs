using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>Squared error of the noise with weight (k + SNR)^-gamma, which favours the steps where content is decided over those that clean up.</summary>
/// <remarks>On the image's squared error that is SNR (k + SNR)^-gamma; by it the weight is the same loss for every prediction.</remarks>
[Kind("p2", Summary = "squared error with the weight (k + SNR)^-gamma on the noise; favours coarse content", Source = "Choi et al. 2022 (arXiv:2204.00227)")]
public sealed record P2Objective : Objective
{
    /// <summary>Keeps the weight finite where nothing of the image is left.</summary>
    [Description("keeps the weight finite where nothing of the image is left")]
    [Range(1e-6, 1e6)]
    public double K { get; init; } = 1; // Choi et al. 2022

    /// <summary>How strongly steps of little noise are weighted down; 0 is simple with epsilon.</summary>
    [Description("how strongly steps of little noise are weighted down; 0 is simple with epsilon")]
    [Range(0.0, 10.0)]
    public double Gamma { get; init; } = 1; // Choi et al. 2022

    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs) => SquaredError.WeightedOnX0(inputs, (process, t, like) =>
    {
        Tensor snr = process.Extract(process.SignalToNoise, t, like);
        return snr * (K + snr).pow(-Gamma);
    });
}
