using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>A training that is complete, as its last checkpoint says.</summary>
/// <param name="Step">Optimiser steps done.</param>
/// <param name="EndedEarly">One sentence on why there are fewer than the spec's; null where there are not.</param>
public sealed record FinishedTraining(long Step, string? EndedEarly)
{
    /// <summary>Reads whether a checkpoint is the end of a run's training: it holds all steps and the validation that is due then, or is marked as the end.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="step">Optimiser steps that the checkpoint holds.</param>
    /// <param name="checkpoint">Path of the checkpoint; read only where the step does not tell, that is where something is validated.</param>
    /// <returns>Null where there is more to train.</returns>
    /// <exception cref="SpecException">The checkpoint belongs to another spec.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static FinishedTraining? Of(RunSpec spec, long step, Func<string> checkpoint)
    {
        bool hasAllSteps = step >= spec.Training.Steps;
        if (spec.Training.Validation is not ValidationSpec validation)
            return hasAllSteps ? new FinishedTraining(step, null) : null;
        string path = checkpoint();
        using Checkpoint file = Checkpoint.Open(path, spec);
        ValidationProgress progress = ValidationProgress.Read(file.Validation, path);
        if (progress.EndedEarly is not null)
            return new FinishedTraining(file.Step, progress.EndedEarly);

        // Imported weights count as trained without ever having been validated.
        bool isValidated = file.Origin.Count > 0 || !progress.IsDue(validation, file.Step);
        return hasAllSteps && isValidated ? new FinishedTraining(file.Step, null) : null;
    }
}
