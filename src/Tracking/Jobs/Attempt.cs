namespace DdpmJobs.Tracking.Jobs;

/// <summary>One claim of a job; key (job, fence).</summary>
public sealed class Attempt
{
    /// <summary>Its job.</summary>
    public Guid JobId { get; set; }

    /// <summary>The job's fence at the claim, from 1.</summary>
    public int Fence { get; set; }

    /// <summary>Who claimed it.</summary>
    public Guid RunnerId { get; set; }

    /// <summary>When, UTC, by the database clock.</summary>
    public DateTime StartedAt { get; set; }

    /// <summary>When it ended; null while it goes on.</summary>
    public DateTime? EndedAt { get; set; }

    /// <summary>How it ended: <c>succeeded</c>, <c>failed</c>, <c>retry</c>, <c>diverged</c>, <c>cancelled</c>, <c>pruned</c>, <c>handed_back</c>, <c>lost</c>; null while it goes on.</summary>
    public string? Ending { get; set; }

    /// <summary>The step a training attempt began at; metrics of earlier attempts at or after it are cut by the views.</summary>
    public long? ResumedAtStep { get; set; }

    /// <summary>Message and stack of what ended it, after a divergence message and detail (a JSON object); null when nothing went wrong.</summary>
    public string? Error { get; set; }

    /// <summary>Device, threads, host, program and libtorch version, as a JSON object.</summary>
    public string Environment { get; set; } = "{}";
}
