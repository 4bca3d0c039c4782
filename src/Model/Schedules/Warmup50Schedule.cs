using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas that rise linearly over the first half of the steps and then stay.</summary>
/// <remarks>The number of rising steps is rounded down: with T = 1 there is none.</remarks>
[Kind("warmup50", Summary = "betas rise linearly over the first half of the steps, then stay at the last value",
    Source = "hojonathanho/diffusion, diffusion_tf/diffusion_utils_2.py, _warmup_beta")]
public sealed record Warmup50Schedule : Schedule, ISpecCheck
{
    /// <summary>beta_0.</summary>
    [Description("beta of the first step")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>beta of the steps after the rise.</summary>
    [Description("beta of the steps after the rise")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaEnd { get; init; } = 0.02;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => BetaGrid.Warmup(BetaStart, BetaEnd, timesteps, 0.5);

    /// <inheritdoc/>
    public void Check(string path) => BetaGrid.RequireRise(BetaStart, BetaEnd, path);
}
