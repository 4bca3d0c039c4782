using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas under which the log-SNR spends its time around 0, as a Laplace distribution does.</summary>
/// <remarks>As in diffusers, the square root of snr / (1 + snr) takes the place of alphaBar. The tables there are float32; these are the same in float64.</remarks>
[Kind("laplace", Summary = "log-SNR over time is a Laplace distribution's quantile, so that most steps are near SNR 1",
    Source = "Hang et al. 2024 (arXiv:2407.03297); huggingface/diffusers, scheduling_ddpm.py, betas_for_alpha_bar")]
public sealed record LaplaceSchedule : Schedule
{
    private const double Offset = 1e-6; // huggingface/diffusers: keeps the logarithm finite at both ends

    /// <summary>The largest beta.</summary>
    [Description("largest beta")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double MaxBeta { get; init; } = 0.999;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => BetaGrid.FromAlphaBar(SignalShare, timesteps, MaxBeta);

    private static double SignalShare(double u)
    {
        double logSnr = -0.5 * Math.CopySign(1, 0.5 - u) * Math.Log(1 - 2 * Math.Abs(0.5 - u) + Offset);
        double snr = Math.Exp(logSnr);
        return Math.Sqrt(snr / (1 + snr));
    }
}
