namespace DdpmJobs.Tracking.Sweeps;

/// <summary>A sweep as it is submitted: resolved and checked, not stored yet.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="SpecHash">Identity of the sweep.</param>
/// <param name="Source">The YAML text.</param>
/// <param name="Pool">Runners that may take its jobs.</param>
/// <param name="SubmittedBy">Who submits it.</param>
/// <param name="Runs">Its points, in order.</param>
public sealed record SweepDraft(string Name, string SpecHash, string Source, string Pool, string SubmittedBy, IReadOnlyList<RunDraft> Runs);
