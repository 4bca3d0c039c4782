namespace DdpmJobs.Tracking.Artifacts;

/// <summary>Where artifacts are.</summary>
public sealed class ArtifactOptions
{
    /// <summary>The folder, shared by scheduler and runners; <c>artifacts</c> in the data folder by default.</summary>
    public string Folder { get; set; } = "ddpm-data/artifacts";

    /// <summary>Checkpoints kept for each run; 2 by default.</summary>
    public int KeepCheckpoints { get; set; } = 2;
}
