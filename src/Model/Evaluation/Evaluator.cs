using System.Text.Json.Nodes;
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
        using TrainedNetwork network = TrainedNetwork.Load(spec, checkpoint, device, spec.Evaluation.Weights);
        Dictionary<Split, ImageSet> loaded = [];
        ImageSet Images(Split split) => loaded.TryGetValue(split, out ImageSet? images) ? images : loaded[split] = spec.Data.Load(split, dataFolder);
        MetricContext context = new()
        {
            Model = network.Model,
            Network = network.Predict,
            ConditionalNetwork = network.LabelCount > 0 ? network.Predict : null,
            LabelCount = network.LabelCount,
            Images = Images,
            Seed = spec.Seed,
            Device = device,
            Stop = stop,
            BaseProtocol = new JsonObject { ["data"] = Kinds.NameOf(spec.Data), ["weights"] = network.Weights },
        };

        // Measure each metric, and count the network evaluations of all as one progress.
        IReadOnlyList<Metric> metrics = spec.Evaluation.Metrics;
        long all = Enumerable.Range(0, metrics.Count).Sum(i => At(i, () => metrics[i].NetworkEvaluations(context)));
        List<MetricValue> values = [];
        long before = 0;
        for (int i = 0; i < metrics.Count; i++)
        {
            long begun = before;
            values.Add(At(i, () => metrics[i].Measure(context with { Progress = (done, _) => progress?.Invoke(begun + done, all) })));
            before += metrics[i].NetworkEvaluations(context);
        }

        return values;
    }

    // A metric names the place within itself; the reader of the error needs the place in the run.
    private static T At<T>(int metric, Func<T> measure)
    {
        try
        {
            return measure();
        }
        catch (SpecException error)
        {
            throw new SpecException(SpecPath.Member(SpecPath.Element("evaluation.metrics", metric), error.Path), error.Reason);
        }
    }
}
