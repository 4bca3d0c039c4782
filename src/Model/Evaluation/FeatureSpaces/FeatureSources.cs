using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.Model.Evaluation.FeatureSpaces;

/// <summary>What feature networks are opened from.</summary>
internal sealed record FeatureSources
{
    /// <summary>The images of a split.</summary>
    public required Func<Split, ImageSet> Images { get; init; }

    /// <summary>Number of classes of their labels; null where only they say.</summary>
    public required int? LabelCount { get; init; }

    /// <summary>Where published weights lie.</summary>
    public required WeightsFolder Weights { get; init; }

    /// <summary>Where classifiers that were trained here are kept.</summary>
    public required string Classifiers { get; init; }

    /// <summary>Files that all runners share; null where there is only this one.</summary>
    public ISharedFiles? Shared { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Called with a sentence on what whoever looks at the values should know.</summary>
    public required Action<string> Warn { get; init; }

    /// <summary>Ends the work with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Stop { get; init; }
}
