using DdpmJobs.Model.Diffusion;
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

    /// <summary>Where a way through continuous time starts.</summary>
    /// <param name="time">The process between its timesteps.</param>
    /// <param name="lambdaMin">The ln(alpha / sigma) that it does not start below.</param>
    /// <returns>A whole timestep, at least 1.</returns>
    /// <exception cref="SpecException">No way leads from there to timestep 0.</exception>
    public static int Start(ContinuousTime time, double lambdaMin)
    {
        int start = time.LastAbove(lambdaMin);
        return start >= 1 ? start : throw new SpecException("",
            FormattableString.Invariant($"needs at least 2 timesteps whose ln(alpha / sigma) is {lambdaMin} or more; the process has {start + 1}: use ancestral or ddim"));
    }

    /// <summary>Throws when a run cannot be sampled between its timesteps.</summary>
    /// <param name="run">The run.</param>
    /// <param name="path">Where the sampler stands in the run.</param>
    /// <param name="require">Throws what else the sampler refuses, with paths relative to it.</param>
    /// <exception cref="SpecException">The prediction has no meaning there, two timesteps are alike, or the sampler refuses.</exception>
    public static void RequireContinuous(RunSpec run, string path, Action<ContinuousTime> require)
    {
        if (run.Process.Prediction.IsOfOneStep)
        {
            throw new SpecException(path, $"the sampler {Kinds.NameOf(run.Sampling.Sampler)} asks the network between timesteps, where the prediction "
                + $"{Kinds.NameOf(run.Process.Prediction)} has no meaning; use ancestral or ddim, or another prediction");
        }

        try
        {
            require(new ContinuousTime(new GaussianDiffusion(run.Process.Schedule.Betas(run.Process.Timesteps))));
        }
        catch (SpecException e)
        {
            throw new SpecException(e.Path.Length == 0 ? path : SpecPath.Member(path, e.Path), e.Reason);
        }
        catch (ArgumentException e)
        {
            throw new SpecException(path, e.Message);
        }
    }
}
