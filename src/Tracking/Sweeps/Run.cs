using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Tracking.Sweeps;

/// <summary>One point of a sweep.</summary>
public sealed class Run
{
    /// <summary>UUIDv7.</summary>
    public Guid Id { get; set; }

    /// <summary>Its sweep.</summary>
    public Guid SweepId { get; set; }

    /// <summary>Its sweep.</summary>
    public Sweep? Sweep { get; set; }

    /// <summary>Place in the sweep, zero-based.</summary>
    public int Index { get; set; }

    /// <summary>What sets it apart, as in <c>schedule=cosine prediction=v</c>; the sweep's name where there is one run only.</summary>
    public string Name { get; set; } = "";

    /// <summary>The varied parameters by path, as a JSON object.</summary>
    public string Axes { get; set; } = "{}";

    /// <summary>The resolved run spec as JSON.</summary>
    public string Spec { get; set; } = "{}";

    /// <summary>SHA-256 of the canonical JSON of the spec.</summary>
    public string SpecHash { get; set; } = "";

    /// <summary>The spec's seed.</summary>
    public long Seed { get; set; }

    /// <summary>Program version, and whatever else made the run, as a JSON object.</summary>
    public string Provenance { get; set; } = "{}";

    /// <summary>Its jobs.</summary>
    public List<Job> Jobs { get; set; } = [];
}
