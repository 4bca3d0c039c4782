using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas whose roots rise linearly.</summary>
/// <remarks>Diffusers calls it scaled_linear.</remarks>
[Kind("quad", Summary = "square roots of the betas rise linearly, so that small betas last longer; not rescaled with T",
    Source = "hojonathanho/diffusion, diffusion_tf/diffusion_utils_2.py, get_beta_schedule")]
public sealed record QuadSchedule : Schedule, ISpecCheck
{
    /// <summary>beta_0.</summary>
    [Description("beta of the first step")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>beta_{T-1}.</summary>
    [Description("beta of the last step")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaEnd { get; init; } = 0.02;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) =>
        [.. BetaGrid.Linear(Math.Sqrt(BetaStart), Math.Sqrt(BetaEnd), timesteps).Select(root => root * root)];

    /// <inheritdoc/>
    public void Check(string path) => BetaGrid.RequireRise(BetaStart, BetaEnd, path);
}
