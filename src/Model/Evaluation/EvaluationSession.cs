using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.References;

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

    /// <summary>Folder of the published weights of feature networks.</summary>
    public string Weights { get; init; } = WeightsFolder.Default;

    /// <summary>Folder of the statistics of true images, and of the classifiers that were trained for them.</summary>
    public string Statistics { get; init; } = StatisticsFolder.Default;

    /// <summary>Files that all runners share; null where there is only this one.</summary>
    public ISharedFiles? Shared { get; init; }

    /// <summary>Files of <see cref="Evaluator.WriteShard"/> that together have all samples of the run; empty to draw them here.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>Called with (network evaluations of images done, in all); must return at once. Evaluations of feature networks on true images count too.</summary>
    public Action<long, long>? Progress { get; init; }

    /// <summary>Called with a sentence on what whoever looks at the values should know.</summary>
    public Action<string>? Warn { get; init; }
}
