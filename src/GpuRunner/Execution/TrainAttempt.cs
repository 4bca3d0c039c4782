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
        Resumption? resumption = null;
        TaskCompletionSource<string> environment = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TrainingSession session = new()
        {
            Device = attempt.Device,
            Folder = attempt.Folder,
            DataFolder = options.DataFolderOrDefault,
            ResumeFrom = latest is null ? null : artifacts.PathOf(latest.Sha256),
            CheckpointInterval = options.CheckpointInterval,
            OnResumed = how =>
            {
                resumption = how;
                if (how.Reason is { } reason)
                {
                    log.ResumedInexactly(how.Step, reason);
                }
            },
            OnData = hash => environment.TrySetResult(AttemptEnvironment.WithResumption(AttemptEnvironment.WithData(attempt.EnvironmentJson, hash), resumption)),
            OnPoints = points => Post(attempt, points),
            OnCheckpoint = uploads.Offer,
            Clock = clock,
        };
        Task noted = NoteEnvironmentAsync(attempt, firstStep, environment.Task);
        TrainingEnd end;
        try
        {
            end = await WorkThread.RunAsync(() => work.Train(attempt.Spec, session, attempt.Stop.Token));
        }
        finally
        {
            environment.TrySetCanceled(CancellationToken.None);
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
            attempt.Progress.Report(steps[^1] + 1, attempt.Spec.Training.Steps, "steps");
        }
    }

    // Which images were read, and how it goes on from a checkpoint, is part of what the attempt ran on. Neither, where the training ended before it had read them.
    private async Task NoteEnvironmentAsync(AttemptContext attempt, long firstStep, Task<string> environment)
    {
        try
        {
            string json = await environment;
            await wait.OutlastAsync(cancel => queue.StartedAsync(attempt.Lease, firstStep, json, cancel), attempt.Deadline);
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
