using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>What every sampler refuses in a run.</summary>
internal static class SamplerChecks
{
    /// <summary>Throws when a grid cannot lead down a run's timesteps from noise to an image.</summary>
    /// <param name="visit">T to the visited timesteps.</param>
    /// <param name="run">The run.</param>
    /// <param name="path">Where the sampler stands in the run.</param>
    /// <exception cref="SpecException">More steps than timesteps, a grid without that number of steps, or one that only visits t = 0.</exception>
    public static void RequireGrid(Func<int, IReadOnlyList<int>> visit, RunSpec run, string path)
    {
        IReadOnlyList<int> visited;
        try
        {
            visited = visit(run.Process.Timesteps);
        }
        catch (SpecException e)
        {
            throw new SpecException(SpecPath.Member(path, e.Path), e.Reason);
        }

        if (visited is [0] && run.Process.Timesteps > 1)
        {
            throw new SpecException(SpecPath.Member(path, "steps"),
                $"1 step on this grid is t = 0, where the network removes next to no noise; use the grid {TimeGrid.Trailing}, or 2 steps and more");
        }
    }
}
