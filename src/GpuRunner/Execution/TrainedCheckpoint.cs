using DdpmJobs.Tracking.Artifacts;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Finds what evaluation and sampling work on: the checkpoint of a training that ran to its end.</summary>
public static class TrainedCheckpoint
{
    /// <summary>The run's newest checkpoint, which must hold all of its steps.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it stops short.</exception>
    public static async Task<Artifact> FindAsync(ArtifactStore artifacts, AttemptContext attempt)
    {
        long steps = attempt.Spec.Training.Steps;
        Artifact? checkpoint = await artifacts.LatestCheckpointAsync(attempt.Lease.RunId, attempt.Stop.Token);
        return checkpoint switch
        {
            null => throw new InvalidOperationException(
                $"Run {attempt.Lease.RunId} has no sound checkpoint in the artifact folder that this runner sees; is it the folder the trainings write to?"),
            _ when checkpoint.Step != steps => throw new InvalidOperationException(
                $"The newest sound checkpoint of run {attempt.Lease.RunId} holds {checkpoint.Step} of {steps} steps; the trained network is missing or damaged."),
            _ => checkpoint,
        };
    }
}
