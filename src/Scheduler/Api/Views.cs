using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Runners;

namespace DdpmJobs.Scheduler.Api;

/// <summary>Rows of the store as the API shows them.</summary>
internal static class Views
{
    public static string Name(JobState state) => state.ToString().ToLowerInvariant();

    public static string Name(JobKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>A sweep runs while a job may still move; a diverged run is a result and no failure.</summary>
    public static string SweepState(IReadOnlyCollection<JobState> states)
        => states.Any(s => !MirrorState.IsEnd(s)) ? "running"
            : states.Contains(JobState.Failed) ? "failed"
            : states.Contains(JobState.Cancelled) ? "cancelled"
            : "succeeded";

    public static JobView Of(Job job, IReadOnlyDictionary<Guid, string> runners) => new(
        job.Id, Name(job.Kind), Name(job.State), job.Fence, job.ProgressDone, job.ProgressTotal, job.ProgressUnit,
        job.State is JobState.Running or JobState.Stopping && job.RunnerId is { } id ? runners.GetValueOrDefault(id, id.ToString()) : null,
        job.Error, Utc(job.AvailableAt), Utc(job.StartedAt), Utc(job.EndedAt), job.Shard);

    public static AttemptView Of(Attempt attempt, IReadOnlyDictionary<Guid, string> runners) => new(
        attempt.Fence, runners.GetValueOrDefault(attempt.RunnerId, attempt.RunnerId.ToString()), Utc(attempt.StartedAt), Utc(attempt.EndedAt), attempt.Ending,
        attempt.ResumedAtStep, attempt.Error);

    public static JobEventView Of(JobEvent e) => new(e.Fence, e.FromState is { } from ? Name(from) : null, Name(e.ToState), e.Actor, e.Reason, Utc(e.At));

    public static EvaluationView Of(Evaluation e) => new(
        e.Metric, e.Value, e.StandardError, e.Unit, e.LowerIsBetter, e.ProtocolDigest, Object(e.Protocol),
        JsonSerializer.Deserialize<Dictionary<string, double>>(e.Parts, ApiJson.Options) ?? [], JsonSerializer.Deserialize<List<string>>(e.Warnings) ?? []);

    public static ArtifactView Of(Artifact a) => new(a.Id, a.Kind, a.Name, a.Sha256, a.Step, a.DroppedAt is not null, a.SelectedBy);

    public static RunnerView Of(Runner r, int jobs)
        => new(r.Id, r.Name, r.Pool, r.Devices, r.Slots, r.Version, r.State, r.StateReason, Utc(r.StartedAt), Utc(r.SeenAt), jobs);

    public static JsonObject Object(string json) => JsonNode.Parse(json) as JsonObject ?? [];

    /// <summary>SQLite forgets that a time is UTC.</summary>
    public static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);

    private static DateTime? Utc(DateTime? time) => time is { } t ? Utc(t) : null;
}
