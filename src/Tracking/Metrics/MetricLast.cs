namespace DdpmJobs.Tracking.Metrics;

/// <summary>The newest point of a metric of a run.</summary>
public sealed class MetricLast
{
    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>The metric.</summary>
    public int MetricId { get; set; }

    /// <summary>The step.</summary>
    public long Step { get; set; }

    /// <summary>The value; may be NaN or infinite.</summary>
    public double Value { get; set; }

    /// <summary>How it was measured, as <see cref="MetricChunk.ProtocolDigest"/>.</summary>
    public string? ProtocolDigest { get; set; }

    /// <summary>UTC, by the runner's clock.</summary>
    public DateTime At { get; set; }
}
