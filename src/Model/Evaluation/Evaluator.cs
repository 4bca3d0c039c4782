using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Measures the metrics of a spec on a trained network.</summary>
public static class Evaluator
{
    /// <summary>Measures every metric of the spec, in order.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="checkpoint">Path of a checkpoint of that run.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="dataFolder">Folder of data sets that are not shipped; null for the default.</param>
    /// <param name="progress">Called with (network evaluations of images done, in all); must return at once.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    public static IReadOnlyList<MetricValue> Evaluate(
        RunSpec spec, string checkpoint, string device, string? dataFolder, Action<long, long>? progress, CancellationToken stop)
        => throw new NotImplementedException();
}
