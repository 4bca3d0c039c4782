using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>Noise levels sigma = sqrt((1 - alphaBar) / alphaBar) of x_t / sqrt(alphaBar), falling to 0.</summary>
/// <remarks>Karras et al. 2022 (arXiv:2206.00364), section 3; how a process of discrete timesteps is driven by them: its appendix C.3.</remarks>
internal static class SigmaLadder
{
    // The largest sigma taken from a schedule: a cosine schedule ends in thousands, where all levels look alike.
    private const double LambdaMin = -5.1;

    /// <summary>Levels whose rho-th roots are evenly spaced.</summary>
    /// <param name="steps">Levels above 0, at least 1.</param>
    /// <param name="sigmaMin">The lowest level above 0.</param>
    /// <param name="sigmaMax">The highest level.</param>
    /// <param name="rho">How the levels crowd towards the lowest.</param>
    /// <returns>steps + 1 levels, the last 0.</returns>
    /// <remarks>Eq. 5.</remarks>
    public static double[] Karras(int steps, double sigmaMin, double sigmaMax, double rho)
    {
        double highest = Math.Pow(sigmaMax, 1 / rho);
        double lowest = Math.Pow(sigmaMin, 1 / rho);
        return Between(steps, sigmaMin, sigmaMax, share => Math.Pow(highest + share * (lowest - highest), rho));
    }

    /// <summary>Levels whose logarithms are evenly spaced.</summary>
    /// <param name="steps">Levels above 0, at least 1.</param>
    /// <param name="sigmaMin">The lowest level above 0.</param>
    /// <param name="sigmaMax">The highest level.</param>
    /// <returns>steps + 1 levels, the last 0.</returns>
    public static double[] Exponential(int steps, double sigmaMin, double sigmaMax)
        => Between(steps, sigmaMin, sigmaMax, share => Math.Exp(Math.Log(sigmaMax) + share * (Math.Log(sigmaMin) - Math.Log(sigmaMax))));

    /// <summary>The highest and lowest level of a process, or those given.</summary>
    /// <param name="time">The process between its timesteps.</param>
    /// <param name="sigmaMin">Null for that of timestep 0.</param>
    /// <param name="sigmaMax">Null for that of the last timestep, but at most 164.</param>
    /// <exception cref="SpecException">The process does not reach the level, or the two are the wrong way round.</exception>
    public static (double Min, double Max) Ends(ContinuousTime time, double? sigmaMin, double? sigmaMax)
    {
        double start = SamplerChecks.Start(time, LambdaMin);
        (double lowest, double highest) = (Math.Exp(-time.Lambda(0)), Math.Exp(-time.Lambda(time.Last)));
        (double min, double max) = (sigmaMin ?? lowest, sigmaMax ?? Math.Exp(-time.Lambda(start)));
        if (min < lowest)
            throw new SpecException("sigma_min", FormattableString.Invariant($"must be at least {lowest}, the noise of timestep 0; got {min}"));
        if (max > highest)
            throw new SpecException("sigma_max", FormattableString.Invariant($"must be at most {highest}, the noise of timestep {time.Last}; got {max}"));
        if (max <= min)
            throw new SpecException("sigma_max", FormattableString.Invariant($"must exceed sigma_min; got sigma_min {min}, sigma_max {max}"));
        return (min, max);
    }

    // The ends are set, not computed: a root raised again misses them by a rounding.
    private static double[] Between(int steps, double sigmaMin, double sigmaMax, Func<double, double> at)
        => [sigmaMax, .. Enumerable.Range(1, steps - 1).Select(i => i == steps - 1 ? sigmaMin : at(i / (double)(steps - 1))), 0];
}
