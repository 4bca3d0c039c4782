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
/// <param name="Jobs">Its jobs.</param>
/// <param name="Last">Newest value of each metric, as in <c>train/loss</c>; non-finite values as <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>.</param>
/// <param name="Evaluations">Measured qualities.</param>
/// <param name="Artifacts">Files.</param>
/// <param name="Provenance">What made it: program and version, and the checkpoint that it began with where there is one; null in a sweep's detail.</param>
/// <param name="Notes">What whoever looks at it must know, as that a damaged checkpoint was passed over, that an attempt went on under other conditions, or that a training ended early.</param>
public sealed record RunDetail(
    Guid Id, Guid SweepId, int Index, string Name, JsonObject Axes, string SpecHash, JsonObject? Spec, IReadOnlyList<JobView> Jobs,
    IReadOnlyDictionary<string, PointView> Last, IReadOnlyList<EvaluationView> Evaluations, IReadOnlyList<ArtifactView> Artifacts, JsonObject? Provenance,
    IReadOnlyList<string> Notes);
