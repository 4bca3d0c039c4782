namespace DdpmJobs.Tracking.Artifacts;

/// <summary>Lineage: <see cref="ArtifactId"/> was made from <see cref="FromId"/>.</summary>
public sealed class ArtifactEdge
{
    /// <summary>What was made.</summary>
    public Guid ArtifactId { get; set; }

    /// <summary>What it was made from.</summary>
    public Guid FromId { get; set; }
}
