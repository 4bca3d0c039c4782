using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Api;

/// <summary>A run with its jobs and results.</summary>
/// <param name="Id">UUIDv7.</param>
/// <param name="SweepId">Its sweep.</param>
/// <param name="Index">Place in the sweep, zero-based.</param>
/// <param name="Name">What sets it apart.</param>
/// <param name="Axes">The varied parameters by path.</param>
/// <param name="SpecHash">Identity of its spec.</param>
/// <param name="Spec">The resolved spec; null in a sweep's detail.</param>
/// <param name="Jobs">Its jobs: train, evaluate, sample; an evaluation in parts shard by shard, then the job that puts them together.</param>
/// <param name="Last">Newest value of each metric, as in <c>train/loss</c>; non-finite values as <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.</param>
/// <param name="Evaluations">Measured qualities.</param>
/// <param name="Artifacts">Files.</param>
/// <param name="Provenance">What made it: program and version, and the checkpoint that it began with where there is one; null in a sweep's detail.</param>
/// <param name="Notes">What whoever looks at it must know, as that a damaged checkpoint was passed over, that an attempt went on under other conditions, or that a training ended early.</param>
public sealed record RunDetail(
    Guid Id, Guid SweepId, int Index, string Name, JsonObject Axes, string SpecHash, JsonObject? Spec, IReadOnlyList<JobView> Jobs,
    IReadOnlyDictionary<string, PointView> Last, IReadOnlyList<EvaluationView> Evaluations, IReadOnlyList<ArtifactView> Artifacts, JsonObject? Provenance,
    IReadOnlyList<string> Notes)
{
    /// <summary>The job of a kind that the run's result hangs on: of an evaluation in parts the one that puts them together. Null where there is none.</summary>
    public JobView? JobOf(string kind) => Jobs.FirstOrDefault(j => j.Kind == kind && j.Shard is null);

    /// <summary>A job as people call it, who count from one: <c>train</c>, <c>evaluate 3 of 7</c>.</summary>
    public string NameOf(JobView job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return JobName.Of(job.Kind, job.Shard, Jobs.Count(j => j.Shard is not null));
    }

    /// <summary>How far an evaluation in parts is, as in <c>3 of 7 shards done, 1 failed</c>; empty where there are no parts, where none has begun, and when they are all done.</summary>
    public string ShardsDone()
    {
        List<JobView> shards = [.. Jobs.Where(j => j.Shard is not null)];
        int done = shards.Count(j => j.State == "succeeded");
        int failed = shards.Count(j => j.State == "failed");
        return done == shards.Count || shards.TrueForAll(j => j.State is "blocked" or "skipped") ? "" : $"{done} of {shards.Count} shards done{(failed > 0 ? $", {failed} failed" : "")}";
    }
}
