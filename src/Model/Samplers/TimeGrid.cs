using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>Which of the T timesteps a sampler visits. The same number of steps on two grids gives different images.</summary>
public static class TimeGrid
{
    /// <summary>Evenly spaced from 0 to T-1, both included, by fractional strides: improved-diffusion's "N". A single step is t = 0, which samplers refuse.</summary>
    public const string Linspace = "linspace";

    /// <summary>Evenly spaced down from T-1, without 0 in general: the "trailing" of diffusers.</summary>
    public const string Trailing = "trailing";

    /// <summary>Stride T / steps, rounded down, from 0, exactly the steps asked for: the "leading" of diffusers.</summary>
    public const string Leading = "leading";

    /// <summary>The smallest whole stride from 0 that gives exactly the steps asked for: improved-diffusion's "ddimN".</summary>
    public const string DdimStride = "ddim_stride";

    /// <summary>Stride T / steps, rounded down, from 0: the "uniform" of the DDIM authors. May visit more timesteps than asked for.</summary>
    public const string AuthorsUniform = "authors_uniform";

    /// <summary>Squares of evenly spaced numbers up to 0.8 T: the "quad" of the DDIM authors. May visit fewer timesteps than asked for.</summary>
    public const string AuthorsQuadratic = "authors_quadratic";

    /// <summary>The timesteps visited, ascending and distinct.</summary>
    /// <param name="grid">One of the names above.</param>
    /// <param name="timesteps">T.</param>
    /// <param name="steps">Sampling steps asked for, 1 to T.</param>
    /// <exception cref="SpecException">There are more steps than timesteps, or the grid has no such number of steps.</exception>
    public static IReadOnlyList<int> Visit(string grid, int timesteps, int steps)
    {
        if (steps < 1 || steps > timesteps)
            throw new SpecException("steps", $"must be at least 1 and at most the {timesteps} timesteps of the process; got {steps}");

        return grid switch
        {
            Linspace => Fractional(timesteps, steps),
            Trailing => [.. Enumerable.Range(0, steps).Select(i => (int)Math.Round(timesteps - (double)(steps - 1 - i) * timesteps / steps) - 1)],
            Leading => [.. Enumerable.Range(0, steps).Select(i => i * (timesteps / steps))],
            DdimStride => Strided(timesteps, SmallestStride(timesteps, steps)),
            AuthorsUniform => Strided(timesteps, timesteps / steps),
            AuthorsQuadratic => Quadratic(timesteps, steps),
            _ => throw new SpecException("grid", $"there is no grid \"{grid}\""),
        };
    }

    /// <summary>The part of a way that begins at a timestep, which need not be one of the way's own.</summary>
    /// <param name="visited">The whole way, ascending.</param>
    /// <param name="t">Where it begins.</param>
    public static IReadOnlyList<int> From(IReadOnlyList<int> visited, int t) => [.. visited.Where(visit => visit < t), t];

    // Strides are added up one by one and rounded half to even, as the reference does; a product would round some places differently.
    private static int[] Fractional(int timesteps, int steps)
    {
        double stride = steps == 1 ? 1 : (timesteps - 1) / (double)(steps - 1);
        double at = 0;
        int[] visited = new int[steps];
        for (int i = 0; i < steps; i++)
        {
            visited[i] = (int)Math.Round(at, MidpointRounding.ToEven);
            at += stride;
        }

        return visited;
    }

    private static int SmallestStride(int timesteps, int steps)
    {
        for (int stride = 1; stride <= timesteps; stride++)
        {
            if ((timesteps + stride - 1) / stride == steps)
                return stride;
        }

        throw new SpecException("steps", $"no whole stride visits exactly {steps} of {timesteps} timesteps; use the grid {Linspace}");
    }

    private static int[] Strided(int timesteps, int stride) => [.. Enumerable.Range(0, (timesteps + stride - 1) / stride).Select(i => i * stride)];

    private static int[] Quadratic(int timesteps, int steps)
    {
        double stride = Math.Sqrt(timesteps * 0.8) / Math.Max(steps - 1, 1);
        double last = Math.Sqrt(timesteps * 0.8);
        return [.. Enumerable.Range(0, steps)
            .Select(i => i == steps - 1 && steps > 1 ? last : i * stride)
            .Select(root => (int)(root * root))
            .Distinct()];
    }
}
