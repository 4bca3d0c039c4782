using DdpmJobs.Model.Evaluation;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Measures a trained run.</summary>
public sealed class EvaluateAttempt(JobQueue queue, ArtifactStore artifacts, EvaluationStore evaluations, RunWork work, StoreWait wait, RunnerOptions options)
{
    /// <summary>Measures every metric of the spec and stores values and series.</summary>
    public async Task RunAsync(AttemptContext attempt)
    {
        // An evaluation starts at nothing, so the series of an earlier attempt are cut from 0 on.
        await queue.StartedAsync(attempt.Lease, 0, attempt.EnvironmentJson, attempt.Stop.Token);
        Artifact checkpoint = await TrainedCheckpoint.FindAsync(artifacts, attempt, attempt.Spec.Evaluation.Checkpoint);

        // Measure on a thread of its own.
        IReadOnlyList<MetricValue> values = await WorkThread.RunAsync(() => work.Evaluate(
            attempt.Spec,
            artifacts.PathOf(checkpoint.Sha256),
            attempt.Device,
            options.DataFolderOrDefault,
            (done, total) => attempt.Progress.Report(done, total, "evaluations"),
            attempt.Stop.Token));

        // Store values with their protocol, and series as metrics.
        foreach (MetricValue value in values)
        {
            await wait.OutlastAsync(cancel => evaluations.AddAsync(attempt.Lease, value, checkpoint.Sha256, cancel), attempt.Deadline);
            foreach ((string name, (long[] step, double[] points)) in value.Series)
            {
                attempt.Pump.Post(name, step, points);
            }
        }
    }
}
