using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Tracking.Sweeps;

/// <summary>A submitted sweep.</summary>
public sealed class Sweep
{
    /// <summary>UUIDv7.</summary>
    public Guid Id { get; set; }

    /// <summary>The name in the file.</summary>
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of the canonical JSON of the sweep (name and run specs); unique: submitting it again finds this one.</summary>
    public string SpecHash { get; set; } = "";

    /// <summary>The submitted YAML text as it was.</summary>
    public string Source { get; set; } = "";

    /// <summary>Who submitted it, as told by the client.</summary>
    public string SubmittedBy { get; set; } = "";

    /// <summary>When, UTC, by the database clock.</summary>
    public DateTime SubmittedAt { get; set; }

    /// <summary>Runners that may take its jobs.</summary>
    public string Pool { get; set; } = "default";

    /// <summary>Its points.</summary>
    public List<Run> Runs { get; set; } = [];

    /// <summary>Its jobs.</summary>
    public List<Job> Jobs { get; set; } = [];
}
