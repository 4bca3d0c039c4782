namespace DdpmJobs.Tracking.Jobs;

/// <summary>A write came from an attempt that no longer holds its job; nothing was written.</summary>
/// <param name="lease">The lease that was.</param>
public sealed class StaleFenceException(Lease lease)
    : Exception($"Job {lease.JobId} is no longer held by attempt {lease.Fence} of runner {lease.RunnerName}; the write was refused.");
