using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>How a solver that steps between timesteps divides the way from noise to image.</summary>
public static class ContinuousGrid
{
    /// <summary>Evenly spaced in time.</summary>
    public const string Uniform = "uniform";

    /// <summary>Evenly spaced in the square root of time: finer towards the image.</summary>
    public const string Quadratic = "quadratic";

    /// <summary>Evenly spaced in lambda = ln(alpha / sigma): finest towards both ends of a usual schedule.</summary>
    public const string LogSnr = "log_snr";

    /// <summary>Divides a stretch of time.</summary>
    /// <param name="grid">One of the names above.</param>
    /// <param name="time">The process between its timesteps.</param>
    /// <param name="from">Where the way starts, the noisier end.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="steps">Number of steps, at least 1.</param>
    /// <returns>steps + 1 times, falling, both ends included.</returns>
    /// <exception cref="SpecException">There is no such grid.</exception>
    public static double[] Divide(string grid, ContinuousTime time, double from, double to, int steps)
    {
        Func<double, double> at = grid switch
        {
            Uniform => share => from + share * (to - from),
            Quadratic => share => Square(Math.Sqrt(from + 1) + share * (Math.Sqrt(to + 1) - Math.Sqrt(from + 1))) - 1,
            LogSnr => share => time.TimeAt(time.Lambda(from) + share * (time.Lambda(to) - time.Lambda(from))),
            _ => throw new SpecException("grid", $"there is no grid \"{grid}\""),
        };
        return [from, .. Enumerable.Range(1, steps - 1).Select(i => at(i / (double)steps)), to];
    }

    // Timestep t is the time (t + 1) / T of the continuous process.
    private static double Square(double root) => root * root;
}
