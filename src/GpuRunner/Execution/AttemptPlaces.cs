using DdpmJobs.Model.Evaluation;
using DdpmJobs.Tracking.Artifacts;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Where attempts find feature networks and statistics of true images.</summary>
public sealed class AttemptPlaces(ArtifactStore artifacts, StoreWait wait, WeightsOptions weights, StatisticsOptions statistics, ILogger<AttemptPlaces> log)
{
    /// <summary>The places of an attempt.</summary>
    /// <param name="attempt">Who asks.</param>
    /// <param name="note">Takes a sentence, without its stop, on what whoever looks at the values should know.</param>
    public FeaturePlaces Of(AttemptContext attempt, Action<string> note) => new()
    {
        Weights = weights.Folder,
        Statistics = statistics.Folder,
        Shared = new SharedFiles(artifacts, wait, attempt),
        Warn = sentence =>
        {
            log.EvaluationWarns(sentence);
            note(sentence.TrimEnd('.'));
        },
    };
}
