using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Samplers;

/// <summary>What every sampler refuses in a run.</summary>
internal static class SamplerChecks
{
    /// <summary>Throws when the sampler cannot walk down the run's timesteps.</summary>
    /// <exception cref="SpecException">More steps than timesteps, or a grid without that number of steps.</exception>
    public static void RequireGrid(Sampler sampler, RunSpec run, string path)
    {
        try
        {
            sampler.NetworkEvaluations(run.Process.Timesteps);
        }
        catch (SpecException e)
        {
            throw new SpecException(SpecPath.Member(path, e.Path), e.Reason);
        }
    }
}
