namespace DdpmJobs.Tracking.Runners;

/// <summary>A runner process.</summary>
public sealed class Runner
{
    /// <summary>UUIDv7, new at every start.</summary>
    public Guid Id { get; set; }

    /// <summary>Host and process, as in <c>gpu01-4711</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its pool.</summary>
    public string Pool { get; set; } = "default";

    /// <summary>Device names, comma-separated.</summary>
    public string Devices { get; set; } = "cpu";

    /// <summary>Jobs it runs at once.</summary>
    public int Slots { get; set; } = 1;

    /// <summary>Program version.</summary>
    public string Version { get; set; } = "";

    /// <summary><c>active</c>, <c>tripped</c> (circuit breaker) or <c>stopped</c>.</summary>
    public string State { get; set; } = "active";

    /// <summary>Why it is in that state; may be empty.</summary>
    public string StateReason { get; set; } = "";

    /// <summary>UTC, by the database clock.</summary>
    public DateTime StartedAt { get; set; }

    /// <summary>Last sign of life, UTC, by the database clock.</summary>
    public DateTime SeenAt { get; set; }
}
