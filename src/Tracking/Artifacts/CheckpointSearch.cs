namespace DdpmJobs.Tracking.Artifacts;

/// <summary>What a search for a run's newest checkpoint found.</summary>
/// <param name="Sound">The newest whose content is there and sound; null where there is none.</param>
/// <param name="Damaged">Newer ones that are missing or damaged, the newest first.</param>
public sealed record CheckpointSearch(Artifact? Sound, IReadOnlyList<Artifact> Damaged);
