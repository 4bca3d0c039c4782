namespace DdpmJobs.Tracking.Artifacts;

/// <summary>The kinds of artifacts that hold a training's state, by what they are kept for; any of them can be gone on from.</summary>
public static class CheckpointKinds
{
    /// <summary>One of the newest; dropped when there are enough newer ones.</summary>
    public const string Newest = "checkpoint";

    /// <summary>At a step at which the spec keeps one; never dropped.</summary>
    public const string Kept = "checkpoint_kept";

    /// <summary>The best of a validation's metric so far; dropped when there is a better one. <see cref="Artifact.Selection"/> says what it was selected by.</summary>
    public const string Best = "checkpoint_best";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Newest, Kept, Best];
}
