using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Draws images from a trained run.</summary>
public sealed class SampleAttempt(JobQueue queue, ArtifactStore artifacts, EvaluationStore evaluations, RunWork work, StoreWait wait, RunnerOptions options)
{
    /// <summary>Draws what the spec asks for and stores the images, their picture and what was measured on the way.</summary>
    public async Task RunAsync(AttemptContext attempt)
    {
        await queue.StartedAsync(attempt.Lease, 0, attempt.EnvironmentJson, attempt.Stop.Token);
        Artifact checkpoint = await TrainedCheckpoint.FindAsync(artifacts, attempt, attempt.Spec.Sampling.Checkpoint);

        // Draw on a thread of its own.
        SampleSet set = await WorkThread.RunAsync(() => work.Sample(
            attempt.Spec,
            artifacts.PathOf(checkpoint.Sha256),
            attempt.Device,
            options.DataFolderOrDefault,
            attempt.Folder,
            (done, total) => attempt.Progress.Report(done, total, "evaluations"),
            attempt.Stop.Token));

        // Store both files with their lineage.
        foreach ((string file, string kind) in new[] { (set.Images, "samples"), (set.GridPng, "sample_grid") })
        {
            await wait.OutlastAsync(cancel => artifacts.AddAsync(attempt.Lease, file, kind, null, [checkpoint.Id], cancel), attempt.Deadline);
        }

        foreach (MetricValue value in set.Values)
        {
            await wait.OutlastAsync(cancel => evaluations.AddAsync(attempt.Lease, value, checkpoint.Sha256, cancel), attempt.Deadline);
        }
    }
}
