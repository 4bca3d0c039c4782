using Hangfire;

namespace DdpmJobs.Scheduler.Mirrors;

/// <summary>What Hangfire believes to run for one of our jobs. It never does: no worker is held, the mirror only shows.</summary>
public sealed class JobMirror
{
    /// <summary>Stands for a job; does nothing when called.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="kind">What people call it: what it does, and which part of an evaluation, as in <c>evaluate 3 of 7</c>.</param>
    /// <param name="sweep">The sweep's name.</param>
    /// <param name="run">The run's name.</param>
    [JobDisplayName("{1} · {2} · {3}")]
    public static void Show(Guid jobId, string kind, string sweep, string run)
    {
    }
}
