using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas that rise linearly, whatever T is.</summary>
/// <remarks>Two schedules are called linear: this one is not rescaled with T; improved-diffusion multiplies both ends by 1000 / T.</remarks>
[Kind("linear", Summary = "betas rise linearly between two fixed values, not rescaled with T", Source = "Ho et al. 2020 (arXiv:2006.11239), section 4")]
public sealed record LinearSchedule : Schedule, ISpecCheck
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
    public override double[] Betas(int timesteps) => BetaGrid.Linear(BetaStart, BetaEnd, timesteps);

    /// <inheritdoc/>
    public void Check(string path) => BetaGrid.RequireRise(BetaStart, BetaEnd, path);
}
