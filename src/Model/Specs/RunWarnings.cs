using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Specs;

/// <summary>Finds what in a run is possible but seldom meant. What is impossible is for <see cref="RunChecks"/>.</summary>
public static class RunWarnings
{
    /// <summary>All warnings on a run that <see cref="RunChecks"/> passes.</summary>
    public static IReadOnlyList<RunWarning> Of(RunSpec run)
    {
        return [.. OfSchedule(run.Process), .. OfTraining(run.Training), .. TrainingWarnings.Of(run.Training)];
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

    private static IEnumerable<RunWarning> OfTraining(TrainingSpec training)
    {
        int keep = training.Checkpoints.KeepEvery;
        if (keep > training.Steps)
            yield return new RunWarning("training.checkpoints.keep_every", $"is {keep}, more than the {training.Steps} steps of the training, so that none is kept; lower it, or leave it out");
        if (training.Validation is not ValidationSpec validation)
            yield break;
        if (validation.Every > training.Steps)
            yield return new RunWarning("training.validation.every", $"is {validation.Every}, more than the {training.Steps} steps of the training, so that nothing is measured; lower it, or leave validation out");

        // The first validation can only set the mark; after it as many as the patience must fail, and the last step is the end anyway.
        else if (training.EarlyStop is EarlyStopSpec early && (early.Patience + 1L) * validation.Every >= training.Steps)
        {
            yield return new RunWarning("training.early_stop.patience", $"is {early.Patience} validations of {validation.Every} steps, which {training.Steps} steps leave no room for, so that the training never ends early; lower it, or leave early_stop out");
        }
    }
}
