using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas that rise linearly, with both ends multiplied by 1000 / T, so that alphaBar ends near the same value for every T.</summary>
/// <remarks>Few steps would need a beta above 1: with the default ends T = 2 to 19 does not exist, and T = 20 ends in beta = 1.</remarks>
[Kind("linear_scaled", Summary = "betas rise linearly, both ends multiplied by 1000 / T, so that alphaBar ends alike for every T",
    Source = "openai/improved-diffusion, improved_diffusion/gaussian_diffusion.py, get_named_beta_schedule")]
public sealed record LinearScaledSchedule : Schedule, ISpecCheck
{
    /// <summary>beta_0 at T = 1000.</summary>
    [Description("beta of the first step when T is 1000")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>beta_{T-1} at T = 1000.</summary>
    [Description("beta of the last step when T is 1000")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaEnd { get; init; } = 0.02;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps)
    {
        double scale = 1000.0 / timesteps;
        double[] betas = BetaGrid.Linear(scale * BetaStart, scale * BetaEnd, timesteps);
        return betas[^1] <= 1 ? betas : throw new SpecException("", FormattableString.Invariant(
            $"linear_scaled does not exist for {timesteps} timesteps: its last beta is 1000 / T times {(timesteps > 1 ? BetaEnd : BetaStart)}, that is {betas[^1]}, and a beta is at most 1; use more timesteps, or linear, which is not rescaled"));
    }

    /// <inheritdoc/>
    public void Check(string path) => BetaGrid.RequireRise(BetaStart, BetaEnd, path);
}
