using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Devices;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation;

/// <summary>Measures the metrics of a spec on a trained network.</summary>
public static class Evaluator
{
    /// <summary>Measures every metric of the spec, in order.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="session">The trained network, and where it is measured.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SpecException">The checkpoint belongs to another spec, or a metric cannot be measured on the data.</exception>
    /// <exception cref="InvalidDataException">The checkpoint, the data, a shard or the weights of a feature network are damaged.</exception>
    /// <exception cref="FileNotFoundException">The weights of a feature network, or statistics, are not there; the message says how to get them.</exception>
    public static IReadOnlyList<MetricValue> Evaluate(RunSpec spec, EvaluationSession session, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(session.Device, allowed: false, stop);
        using TrainedNetwork network = TrainedNetwork.Load(spec, session.Checkpoint, session.Device, spec.Evaluation.Weights, spec.Evaluation.Checkpoint);
        Func<Split, ImageSet> images = ImagesOf(spec, session);
        MetricContext context = ContextOf(spec, network, session.Device, images, stop);
        MetricList list = MetricList.OfEvaluation(spec);
        WorkCount work = new(session.Progress);
        work.Plan(Enumerable.Range(0, list.Metrics.Count).Sum(i => list.At(i, () => list.Metrics[i].NetworkEvaluations(context))));

        // Look at the samples first: what is missing for it should be known before hours are spent on bounds.
        using SampleMeasurement? measurement = SampleMeasurement.Open(spec, list, session.Features, session.Device, images, work, stop);
        FeatureContext? features = measurement is null ? null : FeaturesOf(spec, session, network, measurement);

        // Measure each metric, and count the network evaluations of all as one progress.
        List<MetricValue> values = [];
        for (int i = 0; i < list.Metrics.Count; i++)
        {
            long begun = work.Done;
            values.Add(list.At(i, () => list.Metrics[i].Measure(context with { Features = features, Progress = (done, _) => work.Reach(begun + done) })));
        }

        return values;
    }

    /// <summary>Draws one range of the spec's samples and leaves what feature networks say of it as a file, for <see cref="EvaluationSession.Shards"/>.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="session">The trained network, and where its samples are drawn.</param>
    /// <param name="shard">Which range, zero-based, below <see cref="EvaluationSamples.ShardCount"/>.</param>
    /// <param name="file">Path of the file; its folder exists.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SpecException">As <see cref="Evaluate"/>, or a drawn image is not finite.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Evaluate"/>.</exception>
    /// <exception cref="FileNotFoundException">As <see cref="Evaluate"/>.</exception>
    /// <exception cref="ArgumentException">No metric of the spec is one of samples.</exception>
    public static void WriteShard(RunSpec spec, EvaluationSession session, int shard, string file, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(session.Device, allowed: false, stop);
        using TrainedNetwork network = TrainedNetwork.Load(spec, session.Checkpoint, session.Device, spec.Evaluation.Weights, spec.Evaluation.Checkpoint);
        using SampleMeasurement measurement = SampleMeasurement.Open(
            spec, MetricList.OfEvaluation(spec), session.Features, session.Device, ImagesOf(spec, session), new WorkCount(session.Progress), stop)
            ?? throw new ArgumentException("No metric of the spec is measured on samples.", nameof(spec));
        measurement.Draw(network, spec.Evaluation.Samples.RangeOf(shard), FileHash.Of(session.Checkpoint)).Write(file);
    }

    /// <summary>Computes what samples of a run will be compared with, where it is not there yet.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="session">Where; its checkpoint is not looked at.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <returns>How many true images were shown to feature networks.</returns>
    /// <exception cref="SpecException">A metric cannot be measured on the data.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Evaluate"/>.</exception>
    /// <exception cref="FileNotFoundException">As <see cref="Evaluate"/>.</exception>
    public static long ComputeReferences(RunSpec spec, EvaluationSession session, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(session.Device, allowed: false, stop);
        WorkCount work = new(session.Progress);
        using SampleMeasurement? measurement = SampleMeasurement.Open(spec, MetricList.OfEvaluation(spec), session.Features, session.Device, ImagesOf(spec, session), work, stop);
        measurement?.Plan();
        measurement?.Compare();
        return work.Done;
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

    private static FeatureContext FeaturesOf(RunSpec spec, EvaluationSession session, TrainedNetwork network, SampleMeasurement measurement)
    {
        int samples = spec.Evaluation.Samples.Count;
        measurement.Plan();
        SampleShard whole = session.Shards.Count == 0
            ? measurement.Draw(network, (0, samples), "")
            : SampleShard.Merge([.. session.Shards.Select(file => (file, SampleShard.Read(file, samples)))], SpecJson.Hash(spec), FileHash.Of(session.Checkpoint), samples);
        measurement.Compare();
        return measurement.ContextOf(network, whole);
    }

    private static Func<Split, ImageSet> ImagesOf(RunSpec spec, EvaluationSession session)
    {
        Dictionary<Split, ImageSet> loaded = [];
        return split => loaded.TryGetValue(split, out ImageSet? images) ? images : loaded[split] = spec.Data.Load(split, session.DataFolder);
    }
}
