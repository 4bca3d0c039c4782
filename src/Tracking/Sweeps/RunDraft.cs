using DdpmJobs.Model.Specs;

namespace DdpmJobs.Tracking.Sweeps;

/// <summary>One point of a sweep as it is submitted.</summary>
/// <param name="Name">What sets it apart.</param>
/// <param name="AxesJson">The varied parameters by path, as a JSON object.</param>
/// <param name="Spec">The resolved spec.</param>
public sealed record RunDraft(string Name, string AxesJson, RunSpec Spec)
{
    /// <summary>What it begins with, of this spec; null to begin with nothing. No part of its identity: the spec says what the run is.</summary>
    public AdoptedCheckpoint? Checkpoint { get; init; }
}
