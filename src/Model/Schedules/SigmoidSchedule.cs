using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>Betas under which alphaBar falls as a sigmoid of time.</summary>
/// <remarks>Two schedules are called sigmoid: this one shapes alphaBar, <see cref="SigmoidBetaSchedule"/> the betas.</remarks>
[Kind("sigmoid", Summary = "alphaBar falls as a sigmoid; made for large images", Source = "Jabri et al. 2022 (arXiv:2212.11972), figure 8; lucidrains/denoising-diffusion-pytorch, sigmoid_beta_schedule")]
public sealed record SigmoidSchedule : Schedule, ISpecCheck
{
    /// <summary>Argument of the sigmoid at t = 0, before the division by tau.</summary>
    [Description("argument of the sigmoid at the first step, times tau")]
    [Range(-20.0, 20.0)]
    public double Start { get; init; } = -3;

    /// <summary>Argument of the sigmoid at t = T, before the division by tau.</summary>
    [Description("argument of the sigmoid after the last step, times tau")]
    [Range(-20.0, 20.0)]
    public double End { get; init; } = 3;

    /// <summary>Temperature; a larger one is nearer to a straight line.</summary>
    [Description("temperature; a larger one makes alphaBar nearer to a straight line")]
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double Tau { get; init; } = 1;

    /// <summary>The largest beta; without it the last would be 1.</summary>
    [Description("largest beta; without it the last would be 1")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double MaxBeta { get; init; } = 0.999;

    /// <inheritdoc/>
    public override double[] Betas(int timesteps)
    {
        // The reference rounds this one value to float32; alphaBar near T is a difference from it, so that its betas differ in the sixth digit without it.
        double last = (float)Sigmoid(End / Tau);
        return BetaGrid.FromAlphaBar(u => last - Sigmoid((u * (End - Start) + Start) / Tau), timesteps, MaxBeta);
    }

    /// <inheritdoc/>
    public void Check(string path)
    {
        if (End <= Start)
            throw new SpecException(SpecPath.Member(path, "end"), FormattableString.Invariant($"must exceed start; got start {Start}, end {End}"));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
