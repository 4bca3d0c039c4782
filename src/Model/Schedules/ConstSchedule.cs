using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>One beta for every step.</summary>
[Kind("const", Summary = "the same beta in every step", Source = "hojonathanho/diffusion, diffusion_tf/diffusion_utils_2.py, get_beta_schedule")]
public sealed record ConstSchedule : Schedule
{
    /// <summary>beta_t.</summary>
    [Description("beta of every step")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.02;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => [.. Enumerable.Repeat(Beta, timesteps)];
}
