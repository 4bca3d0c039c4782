using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Finds what evaluation and sampling work on: the checkpoint of a training that ran to its end.</summary>
public static class TrainedCheckpoint
{
    /// <summary>The checkpoint that a spec chooses; the newest sound one must be the end of the training in any case.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it stops short.</exception>
    public static async Task<Artifact> FindAsync(ArtifactStore artifacts, AttemptContext attempt, CheckpointChoice choice)
    {
        (Guid run, RunSpec spec, CancellationToken stop) = (attempt.Lease.RunId, attempt.Spec, attempt.Stop.Token);
        Artifact checkpoint = await artifacts.LatestCheckpointAsync(run, stop) ?? throw new InvalidOperationException(
            $"Run {run} has no sound checkpoint in the artifact folder that this runner sees; is it the folder the trainings write to?");
        if (await EndOfAsync(artifacts, spec, checkpoint) is null)
        {
            throw new InvalidOperationException(
                $"The newest sound checkpoint of run {run} holds {checkpoint.Step} of {spec.Training.Steps} steps; the trained network is missing or damaged.");
        }

        if (choice == CheckpointChoice.Last)
        {
            return checkpoint;
        }

        string metric = spec.Training.Validation!.Metrics[0].Name;
        return await artifacts.BestCheckpointAsync(run, metric, stop) ?? throw new InvalidOperationException(
            $"Run {run} has no sound checkpoint that is the best of validation/{metric}: it is missing or damaged, or no value was finite.");
    }

    /// <summary>How a training ended, if a checkpoint is its end; reads the file where its step does not tell.</summary>
    public static Task<FinishedTraining?> EndOfAsync(ArtifactStore artifacts, RunSpec spec, Artifact checkpoint)
        => WorkThread.RunAsync(() => FinishedTraining.Of(spec, checkpoint.Step ?? 0, () => artifacts.PathOf(checkpoint.Sha256)));
}
