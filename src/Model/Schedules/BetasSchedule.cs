using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas that the spec lists.</summary>
[Kind("betas", Summary = "the betas themselves, one a timestep", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 2, which holds for any betas")]
public sealed record BetasSchedule : Schedule
{
    /// <summary>beta_t for t = 0..T-1.</summary>
    [Description("beta of each step, as many as timesteps")]
    [MinLength(1)]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public required IReadOnlyList<double> Values { get; init; } = [];

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => Values.Count == timesteps
        ? [.. Values]
        : throw new SpecException("values", $"must hold one beta for each of the {timesteps} timesteps; got {Values.Count}");
}
