namespace DdpmJobs.Tracking.Sweeps;

/// <summary>A sweep cannot be given a checkpoint: it was submitted before without it, or the content is not in the store.</summary>
public sealed class CheckpointNotAdoptedException(string message) : Exception(message);
