using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Trains a run, from its newest checkpoint if it has one.</summary>
public sealed class TrainAttempt(JobQueue queue, ArtifactStore artifacts, RunWork work, StoreWait wait, RunnerOptions options, AttemptPlaces places, TimeProvider clock, ILogger<TrainAttempt> log)
{
    /// <summary>No step: what the training goes on from holds all steps, but not yet the validation after the last, and so is not what it ends with.</summary>
    private const long NothingStored = -1;

    /// <summary>Trains until the end of the training or a stop; either way the last checkpoint is stored on return.</summary>
    /// <returns>The ending when the training is complete, else null.</returns>
    public async Task<AttemptEnding.Succeeded?> RunAsync(AttemptContext attempt)
    {
        // Find the place to go on from.
        CheckpointSearch search = await artifacts.FindCheckpointAsync(attempt.Lease.RunId, attempt.Stop.Token);
        Artifact? latest = search.Sound;
        long firstStep = latest?.Step ?? 0;
        long steps = attempt.Spec.Training.Steps;
        await queue.StartedAsync(attempt.Lease, firstStep, attempt.EnvironmentJson, attempt.Stop.Token);
        attempt.Progress.Report(firstStep, steps, "steps");
        await NoteDamagedAsync(attempt, search, firstStep);
        if (firstStep > 0)
        {
            log.Resumed(firstStep);
        }

        // An attempt before this one may have died between its last checkpoint and its ending.
        if (latest is not null && await TrainedCheckpoint.EndOfAsync(artifacts, attempt.Spec, latest) is FinishedTraining finished)
        {
            return EndingOf(finished.Step, finished.EndedEarly);
        }

        // Train on a thread of its own; checkpoints are stored behind its back.
        await using CheckpointUploader uploads = new(
            (saved, cancel) => StoreAsync(attempt, latest, saved, cancel), firstStep < steps ? firstStep : NothingStored, attempt.Stop, log);
        Resumption? resumption = null;
        TaskCompletionSource<string> environment = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TrainingSession session = new()
        {
            Device = attempt.Device,
            Folder = attempt.Folder,
            DataFolder = options.DataFolderOrDefault,
            Features = places.Of(attempt, _ => { }),
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
            OnValidation = point => Post(attempt, point),
            OnCheckpoint = uploads.Offer,
            Clock = clock,
        };
        Task noted = NoteEnvironmentAsync(attempt, firstStep, environment.Task);
        TrainingEnd end;
        try
        {
            end = await WorkThread.RunAsync(() => work.Train(attempt.Spec, session, attempt.Stop.Token));
        }
        catch (Exception error) when (!attempt.Stop.IsLost)
        {
            // What was written before the training broke is there to go on from, or to look at.
            await uploads.DrainAfterAsync(error, attempt.Deadline);
            throw;
        }
        finally
        {
            environment.TrySetCanceled(CancellationToken.None);
            await noted;
        }

        // Store the end, completed or not: whoever goes on starts here.
        if (!attempt.Stop.IsLost)
        {
            await uploads.FinishAsync(new SavedCheckpoint(end.Checkpoint, end.StepsDone), attempt.Deadline);
        }

        return end.Completed ? EndingOf(end.StepsDone, end.EndedEarly) : null;
    }

    private static AttemptEnding.Succeeded EndingOf(long step, string? endedEarly)
        => endedEarly is null ? new AttemptEnding.Succeeded() : new AttemptEnding.Succeeded(endedEarly, new JobProgress(step, step, "steps"));

    // Beside the log of this runner, where it is seen with the run.
    private async Task NoteDamagedAsync(AttemptContext attempt, CheckpointSearch search, long firstStep)
    {
        string instead = search.Sound is null ? "training begins anew" : $"training goes on from step {firstStep}";
        foreach (Artifact damaged in search.Damaged)
        {
            await queue.NoteAsync(attempt.Lease, $"the checkpoint of step {damaged.Step} (SHA-256 {damaged.Sha256[..12]}) is missing or damaged; {instead}", attempt.Stop.Token);
        }
    }

    private static void Post(AttemptContext attempt, ValidationPoint point)
    {
        foreach (MetricValue value in point.Values)
        {
            attempt.Pump.Post($"validation/{value.Name}", [point.Step], [value.Value], MetricProtocol.Of(value));
        }
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
    private async Task StoreAsync(AttemptContext attempt, Artifact? from, SavedCheckpoint saved, CancellationToken cancel)
    {
        await attempt.Pump.FlushAsync(cancel);
        await wait.OutlastAsync(inner => artifacts.AddCheckpointAsync(attempt.Lease, saved, from is null ? [] : [from.Id], inner), cancel);
    }
}
