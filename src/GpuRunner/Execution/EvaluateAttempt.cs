using System.Globalization;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Measures a trained run, or draws one range of the images that it is measured on.</summary>
public sealed class EvaluateAttempt(
    JobQueue queue, ArtifactStore artifacts, EvaluationStore evaluations, RunWork work, StoreWait wait, RunnerOptions options, AttemptPlaces places)
{
    /// <summary>Does what the job's shard says: draws its range and stores it, or measures every metric of the spec and stores values and series.</summary>
    public async Task RunAsync(AttemptContext attempt)
    {
        // An evaluation starts at nothing, so the series of an earlier attempt are cut from 0 on.
        await queue.StartedAsync(attempt.Lease, 0, attempt.EnvironmentJson, attempt.Stop.Token);
        Artifact checkpoint = await TrainedCheckpoint.FindAsync(artifacts, attempt, attempt.Spec.Evaluation.Checkpoint);
        List<string> notes = [];
        EvaluationSession session = new()
        {
            Checkpoint = artifacts.PathOf(checkpoint.Sha256),
            Device = attempt.Device,
            DataFolder = options.DataFolderOrDefault,
            Features = places.Of(attempt, notes.Add),
            Progress = (done, total) => attempt.Progress.Report(done, total, "evaluations"),
        };
        if (attempt.Lease.Shard is int shard)
        {
            string file = await DrawAsync(attempt, session, shard);
            await wait.OutlastAsync(cancel => artifacts.AddAsync(attempt.Lease, file, ArtifactStore.ShardKind, null, [checkpoint.Id], cancel), attempt.Deadline);
        }
        else
        {
            await MeasureAsync(attempt, session, checkpoint, notes);
        }

        foreach (string note in notes)
        {
            await wait.OutlastAsync(cancel => queue.NoteAsync(attempt.Lease, note, cancel), attempt.Deadline);
        }

        // The last thing: whoever had to do this again would look for them.
        if (attempt.Lease.Shard is null && attempt.Spec.Evaluation.ShardJobs > 0)
        {
            await wait.OutlastAsync(cancel => artifacts.DropShardsAsync(attempt.Lease, cancel), attempt.Deadline);
        }
    }

    private async Task<string> DrawAsync(AttemptContext attempt, EvaluationSession session, int shard)
    {
        string file = Path.Combine(attempt.Folder, string.Create(CultureInfo.InvariantCulture, $"shard-{shard + 1}-of-{attempt.Spec.Evaluation.ShardJobs}.safetensors"));
        await WorkThread.RunAsync(() =>
        {
            work.Shard(attempt.Spec, session, shard, file, attempt.Stop.Token);
            return true;
        });
        return file;
    }

    private async Task MeasureAsync(AttemptContext attempt, EvaluationSession session, Artifact checkpoint, List<string> notes)
    {
        List<string> shards = [];
        IReadOnlyDictionary<int, Artifact> stored = attempt.Spec.Evaluation.ShardJobs > 0
            ? (await artifacts.ShardsAsync(attempt.Lease.RunId, attempt.Stop.Token)).ToDictionary(found => found.Shard, found => found.Artifact)
            : new Dictionary<int, Artifact>();
        for (int shard = 0; shard < attempt.Spec.Evaluation.ShardJobs; shard++)
        {
            if (stored.TryGetValue(shard, out Artifact? file))
            {
                shards.Add(artifacts.PathOf(file.Sha256));
                continue;
            }

            // A range whose file was lost since costs its drawing, and nothing else.
            notes.Add(string.Create(CultureInfo.InvariantCulture, $"the file of shard {shard + 1} of {attempt.Spec.Evaluation.ShardJobs} is missing or damaged; its images were drawn again"));
            shards.Add(await DrawAsync(attempt, session, shard));
        }

        // Measure on a thread of its own.
        IReadOnlyList<MetricValue> values = await WorkThread.RunAsync(() => work.Evaluate(attempt.Spec, session with { Shards = shards }, attempt.Stop.Token));

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
