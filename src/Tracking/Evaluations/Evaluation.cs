namespace DdpmJobs.Tracking.Evaluations;

/// <summary>A measured quality with its protocol; unique by (job, fence, metric).</summary>
public sealed class Evaluation
{
    /// <summary>UUIDv7.</summary>
    public Guid Id { get; set; }

    /// <summary>The run.</summary>
    public Guid RunId { get; set; }

    /// <summary>The job that measured it: evaluate, or sample in a mode that measures.</summary>
    public Guid JobId { get; set; }

    /// <summary>The attempt's fence.</summary>
    public int Fence { get; set; }

    /// <summary>The metric, as in <c>nll</c>.</summary>
    public string Metric { get; set; } = "";

    /// <summary>The value.</summary>
    public double Value { get; set; }

    /// <summary>Standard error in the same unit; null when it has none.</summary>
    public double? StandardError { get; set; }

    /// <summary>The unit, as in <c>bits/dim</c>.</summary>
    public string Unit { get; set; } = "";

    /// <summary>Whether smaller is better.</summary>
    public bool LowerIsBetter { get; set; } = true;

    /// <summary>How it was measured, as canonical JSON.</summary>
    public string Protocol { get; set; } = "{}";

    /// <summary>First 16 hexadecimal digits of the SHA-256 of <see cref="Protocol"/>; values of different digests are never ranked together.</summary>
    public string ProtocolDigest { get; set; } = "";

    /// <summary>Parts of the value by name, as a JSON object of numbers.</summary>
    public string Parts { get; set; } = "{}";

    /// <summary>What makes the value doubtful, as a JSON array of sentences without their stops.</summary>
    public string Warnings { get; set; } = "[]";

    /// <summary>SHA-256 of the checkpoint file that was measured.</summary>
    public string CheckpointSha256 { get; set; } = "";

    /// <summary>UTC, by the database clock.</summary>
    public DateTime CreatedAt { get; set; }
}
