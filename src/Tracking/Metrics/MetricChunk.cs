namespace DdpmJobs.Tracking.Metrics;

/// <summary>About a hundred points of one metric of one attempt; key (run, metric, fence, seq), so that a replayed batch is harmless.</summary>
public sealed class MetricChunk
{
    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>The metric.</summary>
    public int MetricId { get; set; }

    /// <summary>The attempt's job.</summary>
    public Guid JobId { get; set; }

    /// <summary>The attempt's fence.</summary>
    public int Fence { get; set; }

    /// <summary>Number of the chunk within (run, metric, job, fence), from 0.</summary>
    public int Seq { get; set; }

    /// <summary>The first step, for range queries.</summary>
    public long FirstStep { get; set; }

    /// <summary>The last step.</summary>
    public long LastStep { get; set; }

    /// <summary>How the values were measured, by <see cref="MetricProtocol.Digest"/>; null for what training itself reports, as its loss.</summary>
    public string? ProtocolDigest { get; set; }

    /// <summary>Steps, ascending.</summary>
    public long[] Steps { get; set; } = [];

    /// <summary>Values; NaN and infinities are kept.</summary>
    public double[] Values { get; set; } = [];

    /// <summary>UTC times by the runner's clock.</summary>
    public DateTime[] Times { get; set; } = [];
}
