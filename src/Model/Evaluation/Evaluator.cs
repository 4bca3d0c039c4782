using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Devices;
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
    /// <exception cref="SpecException">The checkpoint belongs to another spec, or a metric cannot be measured on the data.</exception>
    /// <exception cref="InvalidDataException">The checkpoint or the data is damaged.</exception>
    public static IReadOnlyList<MetricValue> Evaluate(
        RunSpec spec, string checkpoint, string device, string? dataFolder, Action<long, long>? progress, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(device, allowed: false, stop);
        using TrainedNetwork network = TrainedNetwork.Load(spec, checkpoint, device, spec.Evaluation.Weights, spec.Evaluation.Checkpoint);
        Dictionary<Split, ImageSet> loaded = [];
        ImageSet Images(Split split) => loaded.TryGetValue(split, out ImageSet? images) ? images : loaded[split] = spec.Data.Load(split, dataFolder);
        MetricContext context = ContextOf(spec, network, device, Images, stop);

        // Measure each metric, and count the network evaluations of all as one progress.
        IReadOnlyList<Metric> metrics = spec.Evaluation.Metrics;
        long all = Enumerable.Range(0, metrics.Count).Sum(i => At("evaluation.metrics", i, () => metrics[i].NetworkEvaluations(context)));
        List<MetricValue> values = [];
        long before = 0;
        for (int i = 0; i < metrics.Count; i++)
        {
            long begun = before;
            values.Add(At("evaluation.metrics", i, () => metrics[i].Measure(context with { Progress = (done, _) => progress?.Invoke(begun + done, all) })));
            before += metrics[i].NetworkEvaluations(context);
        }

        return values;
    }

    /// <summary>What the metrics of a run are measured on.</summary>
    internal static MetricContext ContextOf(RunSpec spec, TrainedNetwork network, string device, Func<Split, ImageSet> images, CancellationToken stop) => new()
    {
        Model = network.Model,
        Network = network.Predict,
        ConditionalNetwork = network.LabelCount > 0 ? network.Predict : null,
        LabelCount = network.LabelCount,
        Images = images,
        Seed = spec.Seed,
        Device = device,
        Stop = stop,
        BaseProtocol = network.BaseProtocol(spec),
    };

    /// <summary>Measures, or throws with the metric's place in the run: the metric itself names only the place within.</summary>
    internal static T At<T>(string list, int metric, Func<T> measure)
    {
        try
        {
            return measure();
        }
        catch (SpecException error)
        {
            throw new SpecException(SpecPath.Member(SpecPath.Element(list, metric), error.Path), error.Reason);
        }
    }
}
