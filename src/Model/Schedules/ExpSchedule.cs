using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas under which alphaBar falls exponentially; all are equal.</summary>
/// <remarks>The tables of diffusers are float32; these are the same in float64.</remarks>
[Kind("exp", Summary = "alphaBar falls as exp(-rate u) over time u from 0 to 1, whatever T is", Source = "huggingface/diffusers, scheduling_ddpm.py, betas_for_alpha_bar")]
public sealed record ExpSchedule : Schedule
{
    /// <summary>alphaBar ends at exp(-rate).</summary>
    [Description("rate of the fall; alphaBar ends at exp(-rate)")]
    [Range(0.0, 700.0, MinimumIsExclusive = true)]
    public double Rate { get; init; } = 12;

    /// <summary>The largest beta.</summary>
    [Description("largest beta")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double MaxBeta { get; init; } = 0.999;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => BetaGrid.FromAlphaBar(u => Math.Exp(u * -Rate), timesteps, MaxBeta);
}
