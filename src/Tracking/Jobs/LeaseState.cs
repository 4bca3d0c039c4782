namespace DdpmJobs.Tracking.Jobs;

/// <summary>What a heartbeat learns.</summary>
/// <param name="Held">False when the lease is another's or the job is final: nothing more can be written.</param>
/// <param name="Stop">Set when the job was asked to stop.</param>
public sealed record LeaseState(bool Held, StopReason? Stop);
