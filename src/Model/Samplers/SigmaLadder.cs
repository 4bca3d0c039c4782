using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>Noise levels sigma = sqrt((1 - alphaBar) / alphaBar) of x_t / sqrt(alphaBar), falling to 0.</summary>
/// <remarks>Karras et al. 2022 (arXiv:2206.00364), section 3; how a process of discrete timesteps is driven by them: its appendix C.3.</remarks>
internal static class SigmaLadder
{
    /// <summary>Levels whose rho-th roots are evenly spaced: Karras et al. 2022, eq. 5.</summary>
    public const string Karras = "karras";

    /// <summary>Levels whose logarithms are evenly spaced.</summary>
    public const string Exponential = "exponential";

    /// <summary>The levels of evenly spaced timesteps, between timesteps where they do not divide: the levels that the Euler samplers of diffusers take by default.</summary>
    public const string Timesteps = "timesteps";

    // The largest sigma taken from a schedule: a cosine schedule ends in thousands, where all levels look alike.
    private const double LambdaMin = -5.1;

    /// <summary>The levels of a ladder.</summary>
    /// <param name="ladder">One of the names above.</param>
    /// <param name="time">The process between its timesteps.</param>
    /// <param name="steps">Levels above 0, at least 2.</param>
    /// <param name="sigmaMin">The lowest level above 0.</param>
    /// <param name="sigmaMax">The highest level.</param>
    /// <param name="rho">How the levels of a Karras ladder crowd towards the lowest.</param>
    /// <returns>steps + 1 falling levels, the last 0.</returns>
    /// <exception cref="SpecException">There is no such ladder.</exception>
    public static double[] Divide(string ladder, ContinuousTime time, int steps, double sigmaMin, double sigmaMax, double rho)
    {
        Func<double, double> at = ladder switch
        {
            Karras => Between(sigmaMin, sigmaMax, sigma => Math.Pow(sigma, 1 / rho), root => Math.Pow(root, rho)),
            Exponential => Between(sigmaMin, sigmaMax, Math.Log, Math.Exp),
            Timesteps => Between(sigmaMin, sigmaMax, sigma => time.TimeAt(-Math.Log(sigma)), t => Math.Exp(-time.Lambda(t))),
            _ => throw new SpecException("ladder", $"there is no ladder \"{ladder}\""),
        };

        // The ends are set, not computed: a root raised again misses them by a rounding.
        return [sigmaMax, .. Enumerable.Range(1, steps - 1).Select(i => i == steps - 1 ? sigmaMin : at(i / (double)(steps - 1))), 0];
    }

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

    // Evenly spaced in something that grows with sigma, as share goes from 0 at the highest level to 1 at the lowest.
    private static Func<double, double> Between(double sigmaMin, double sigmaMax, Func<double, double> there, Func<double, double> back)
    {
        (double highest, double lowest) = (there(sigmaMax), there(sigmaMin));
        return share => back(highest + share * (lowest - highest));
    }
}
