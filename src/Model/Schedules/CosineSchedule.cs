using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas under which alphaBar falls as a squared cosine of time.</summary>
[Kind("cosine", Summary = "alphaBar falls as a squared cosine; gentler at both ends, made for small images", Source = "Nichol and Dhariwal 2021 (arXiv:2102.09672), eq. 17")]
public sealed record CosineSchedule : Schedule
{
    /// <summary>The offset that keeps beta from vanishing at t = 0.</summary>
    [Description("offset s that keeps beta from vanishing at t = 0")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double S { get; init; } = 0.008;

    /// <summary>The largest beta; without it the last would be 1.</summary>
    [Description("largest beta; without it the last would be 1")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double MaxBeta { get; init; } = 0.999;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps) => BetaGrid.FromAlphaBar(F, timesteps, MaxBeta);

    // f(u) of eq. 17; its division by f(0) cancels in the ratio.
    private double F(double u)
    {
        double cos = Math.Cos((u + S) / (1 + S) * Math.PI / 2);
        return cos * cos;
    }
}
