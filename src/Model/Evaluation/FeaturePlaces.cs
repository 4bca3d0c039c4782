using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.References;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Where feature networks, and what samples are compared with, come from and are kept. Changes no value.</summary>
public sealed record FeaturePlaces
{
    /// <summary>Folder of the published weights of feature networks.</summary>
    public string Weights { get; init; } = WeightsFolder.Default;

    /// <summary>Folder of the statistics of true images, and of the classifiers that were trained for them.</summary>
    public string Statistics { get; init; } = StatisticsFolder.Default;

    /// <summary>Files that all runners share; null where there is only this one.</summary>
    public ISharedFiles? Shared { get; init; }

    /// <summary>Called with a sentence on what whoever looks at the values should know.</summary>
    public Action<string>? Warn { get; init; }
}
