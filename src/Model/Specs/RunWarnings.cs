using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Specs;

/// <summary>Finds what in a run is possible but seldom meant. What is impossible is for <see cref="RunChecks"/>.</summary>
public static class RunWarnings
{
    /// <summary>All warnings on a run that <see cref="RunChecks"/> passes.</summary>
    public static IReadOnlyList<RunWarning> Of(RunSpec run)
    {
        return [.. OfSchedule(run.Process), .. TrainingWarnings.Of(run.Training)];
    }

    private static IEnumerable<RunWarning> OfSchedule(ProcessSpec process)
    {
        double bits = TerminalNoise.WorstBitsPerDim(process.Schedule.RequireBetas(process.Timesteps));
        if (bits > TerminalNoise.SmallBitsPerDim)
        {
            yield return new RunWarning("process.schedule", FormattableString.Invariant(
                $"x_T is not pure noise: {Kinds.NameOf(process.Schedule)} at {process.Timesteps} timesteps leaves a prior term L_T of up to {bits:G2} bits/dim (small is up to {TerminalNoise.SmallBitsPerDim}), ")
                + "but sampling begins from pure noise; use more timesteps, or a schedule that ends lower");
        }
    }
}
