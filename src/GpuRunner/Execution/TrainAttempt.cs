using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Trains a run, from its newest checkpoint if it has one.</summary>
public sealed class TrainAttempt(JobQueue queue, ArtifactStore artifacts, RunWork work, StoreWait wait, RunnerOptions options, TimeProvider clock, ILogger<TrainAttempt> log)
{
    /// <summary>Trains until the end of the spec or a stop; either way the last checkpoint is stored on return.</summary>
    /// <returns>True when the training is complete.</returns>
    public async Task<bool> RunAsync(AttemptContext attempt)
    {
        // Find the place to go on from.
        Artifact? latest = await artifacts.LatestCheckpointAsync(attempt.Lease.RunId, attempt.Stop.Token);
        long firstStep = latest?.Step ?? 0;
        long steps = attempt.Spec.Training.Steps;
        await queue.StartedAsync(attempt.Lease, firstStep, attempt.EnvironmentJson, attempt.Stop.Token);
        attempt.Progress.Report(firstStep, steps, "steps");
        if (firstStep > 0)
        {
            log.Resumed(firstStep);
        }

        // An attempt before this one may have died between its last checkpoint and its ending.
        if (firstStep >= steps)
        {
            return true;
        }

        // Train on a thread of its own; checkpoints are stored behind its back.
        await using CheckpointUploader uploads = new((file, step, cancel) => StoreAsync(attempt, latest, file, step, cancel), firstStep, attempt.Stop, log);
        TaskCompletionSource<string> data = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TrainingSession session = new()
        {
            Device = attempt.Device,
            Folder = attempt.Folder,
            DataFolder = options.DataFolderOrDefault,
            ResumeFrom = latest is null ? null : artifacts.PathOf(latest.Sha256),
            CheckpointInterval = options.CheckpointInterval,
            OnData = hash => data.TrySetResult(hash),
            OnPoints = points => Post(attempt, points),
            OnCheckpoint = uploads.Offer,
            Clock = clock,
        };
        Task noted = NoteDataAsync(attempt, firstStep, data.Task);
        TrainingEnd end;
        try
        {
            end = await WorkThread.RunAsync(() => work.Train(attempt.Spec, session, attempt.Stop.Token));
        }
        catch (DivergedException error) when (error.Divergence.CheckpointStep > firstStep && !attempt.Stop.IsLost)
        {
            // The last good checkpoint may still be on its way; whoever asks what happened starts there.
            await uploads.FinishAsync(error.Divergence.CheckpointPath!, error.Divergence.CheckpointStep.Value, attempt.Deadline);
            throw;
        }
        finally
        {
            data.TrySetCanceled(CancellationToken.None);
            await noted;
        }

        // Store the end, completed or not: whoever goes on starts here.
        if (!attempt.Stop.IsLost)
        {
            await uploads.FinishAsync(end.Checkpoint, end.StepsDone, attempt.Deadline);
        }

        return end.Completed;
    }

    private void Post(AttemptContext attempt, TrainingPoints points)
    {
        long[] steps = new long[points.Loss.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = points.FirstStep + i;
        }

        attempt.Pump.Post("train/loss", steps, points.Loss);
        attempt.Pump.Post("train/grad_norm", steps, points.GradNorm);
        attempt.Pump.Post("train/learning_rate", steps, points.LearningRate);
        if (steps.Length > 0)
        {
            attempt.Pump.Post("train/images_per_second", [steps[^1]], [points.ImagesPerSecond]);
            foreach ((string name, double value) in points.AtLastStep)
            {
                attempt.Pump.Post($"train/{name}", [steps[^1]], [value]);
            }

            attempt.Progress.Report(steps[^1] + 1, attempt.Spec.Training.Steps, "steps");
        }
    }

    // Which images were read is part of what the attempt ran on. None, where the training ended before it had read them.
    private async Task NoteDataAsync(AttemptContext attempt, long firstStep, Task<string> data)
    {
        try
        {
            string environment = AttemptEnvironment.WithData(attempt.EnvironmentJson, await data);
            await wait.OutlastAsync(cancel => queue.StartedAsync(attempt.Lease, firstStep, environment, cancel), attempt.Deadline);
        }
        catch (OperationCanceledException)
        {
        }
        catch (StaleFenceException)
        {
            attempt.Stop.Lose();
        }
        catch (Exception error)
        {
            attempt.Stop.Fail(error);
        }
    }

    // The points before the checkpoint first: whoever resumes from it must find the whole curve in the store.
    private async Task StoreAsync(AttemptContext attempt, Artifact? from, string file, long step, CancellationToken cancel)
    {
        await attempt.Pump.FlushAsync(cancel);
        await wait.OutlastAsync(inner => artifacts.AddAsync(attempt.Lease, file, "checkpoint", step, from is null ? [] : [from.Id], inner), cancel);
    }
}
