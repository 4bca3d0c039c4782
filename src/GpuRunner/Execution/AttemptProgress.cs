using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>How far the work is, written by its thread and read by the lease keeper.</summary>
public sealed class AttemptProgress
{
    private volatile JobProgress? _latest;

    /// <summary>The latest report; null before the first.</summary>
    public JobProgress? Latest => _latest;

    /// <summary>Replaces the latest report; returns at once.</summary>
    public void Report(long done, long total, string unit) => _latest = new JobProgress(done, total, unit);
}
