using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas that rise as a sigmoid of time.</summary>
/// <remarks>Two schedules are called sigmoid: this one shapes the betas, <see cref="SigmoidSchedule"/> alphaBar.</remarks>
[Kind("sigmoid_beta", Summary = "betas rise as a sigmoid from -6 to 6 between two fixed values, not rescaled with T", Source = "ermongroup/ddim, runners/diffusion.py, get_beta_schedule")]
public sealed record SigmoidBetaSchedule : Schedule, ISpecCheck
{
    private const double Reach = 6; // ermongroup/ddim: sigmoid on linspace(-6, 6, T)

    /// <summary>The value that the rise comes from; beta_0 is a little above.</summary>
    [Description("beta that the rise comes from")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>The value that the rise goes to; beta_{T-1} is a little below.</summary>
    [Description("beta that the rise goes to")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double BetaEnd { get; init; } = 0.02;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) =>
        [.. BetaGrid.Linear(-Reach, Reach, timesteps).Select(x => 1 / (Math.Exp(-x) + 1) * (BetaEnd - BetaStart) + BetaStart)];

    /// <inheritdoc/>
    public void Check(string path) => BetaGrid.RequireRise(BetaStart, BetaEnd, path);
}
