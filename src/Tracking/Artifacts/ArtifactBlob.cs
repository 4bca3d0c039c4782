namespace DdpmJobs.Tracking.Artifacts;

/// <summary>Content in the artifact folder.</summary>
public sealed class ArtifactBlob
{
    /// <summary>SHA-256 of the content, lower-case hexadecimal.</summary>
    public string Sha256 { get; set; } = "";

    /// <summary>Length in bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>UTC, by the database clock.</summary>
    public DateTime CreatedAt { get; set; }
}
