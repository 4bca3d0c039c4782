namespace DdpmJobs.Model.Evaluation;

/// <summary>Where an evaluation runs and what it is given. Nothing here changes a value but the device and the number of threads, in the last bits.</summary>
public sealed record EvaluationSession
{
    /// <summary>Path of a checkpoint of the run.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Folder of data sets that are not shipped; null for the default.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Where feature networks and statistics of true images are.</summary>
    public FeaturePlaces Features { get; init; } = new();

    /// <summary>Files of <see cref="Evaluator.WriteShard"/> that together have all samples of the run; empty to draw them here.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>Called with (network evaluations of images done, in all); must return at once. Evaluations of feature networks on true images count too.</summary>
    public Action<long, long>? Progress { get; init; }
}
