using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Schedules;

/// <summary>The constructions that schedules share.</summary>
internal static class BetaGrid
{
    /// <summary>Values at equal distances, both ends included.</summary>
    /// <returns>(count,) values; a single one is the start, as with numpy's linspace.</returns>
    public static double[] Linear(double start, double end, int count)
    {
        // The grid is built as numpy's linspace builds it, so that tables agree to the last bit.
        double[] values = new double[count];
        double step = (end - start) / Math.Max(count - 1, 1);
        for (int t = 0; t < count; t++)
            values[t] = t * step + start;
        if (count > 1)
            values[^1] = end;
        return values;
    }

    /// <summary>A linear rise over the first part of the steps, then the last value.</summary>
    /// <param name="start">beta of the first step.</param>
    /// <param name="end">beta of the steps after the rise.</param>
    /// <param name="timesteps">T.</param>
    /// <param name="fraction">Share of the steps that rise; their number is rounded down, so that few steps may have none.</param>
    /// <remarks>hojonathanho/diffusion, diffusion_utils_2.py, _warmup_beta.</remarks>
    public static double[] Warmup(double start, double end, int timesteps, double fraction)
    {
        double[] betas = new double[timesteps];
        Array.Fill(betas, end);
        Linear(start, end, (int)(timesteps * fraction)).CopyTo(betas, 0);
        return betas;
    }

    /// <summary>The betas under which alphaBar follows a function of time, up to a constant factor.</summary>
    /// <param name="alphaBar">Falling, on [0, 1].</param>
    /// <param name="timesteps">T.</param>
    /// <param name="maxBeta">The largest beta.</param>
    /// <remarks>Nichol and Dhariwal 2021 (arXiv:2102.09672), section 3.2.</remarks>
    public static double[] FromAlphaBar(Func<double, double> alphaBar, int timesteps, double maxBeta)
    {
        double[] betas = new double[timesteps];
        for (int t = 0; t < timesteps; t++)
            betas[t] = Math.Min(1 - alphaBar((t + 1) / (double)timesteps) / alphaBar(t / (double)timesteps), maxBeta);
        return betas;
    }

    /// <summary>Refuses ends that do not rise.</summary>
    /// <exception cref="SpecException">beta_end is not above beta_start.</exception>
    public static void RequireRise(double betaStart, double betaEnd, string path)
    {
        if (betaEnd <= betaStart)
        {
            throw new SpecException(SpecPath.Member(path, "beta_end"),
                FormattableString.Invariant($"must exceed beta_start; got beta_start {betaStart}, beta_end {betaEnd}"));
        }
    }
}
