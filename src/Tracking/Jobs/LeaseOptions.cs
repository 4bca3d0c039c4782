namespace DdpmJobs.Tracking.Jobs;

/// <summary>Terms of leases and retries.</summary>
public sealed class LeaseOptions
{
    /// <summary>How long a lease lasts; 45 seconds by default.</summary>
    public TimeSpan Ttl { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Time between two heartbeats; 10 seconds by default.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>First backoff after an error, doubled with every counted attempt, with full jitter; 10 seconds by default.</summary>
    public TimeSpan FirstBackoff { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest backoff; 15 minutes by default.</summary>
    public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromMinutes(15);
}
