using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Devices;
using DdpmJobs.Model.Evaluation.References;
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
        Dictionary<Split, ImageSet> loaded = [];
        ImageSet Images(Split split) => loaded.TryGetValue(split, out ImageSet? images) ? images : loaded[split] = spec.Data.Load(split, session.DataFolder);
        MetricContext context = ContextOf(spec, network, session.Device, Images, stop);
        IReadOnlyList<Metric> metrics = spec.Evaluation.Metrics;
        WorkCount work = new(session.Progress);
        work.Plan(Enumerable.Range(0, metrics.Count).Sum(i => At("evaluation.metrics", i, () => metrics[i].NetworkEvaluations(context))));

        // Look at the samples first: what is missing for it should be known before hours are spent on bounds.
        using OpenedNetworks? networks = spec.Evaluation.DrawsSamples ? OpenedNetworks.Open(spec, session, Images, stop) : null;
        using FeatureContext? features = networks is null ? null : FeaturesOf(spec, session, network, Images, networks, work, stop);

        // Measure each metric, and count the network evaluations of all as one progress.
        List<MetricValue> values = [];
        for (int i = 0; i < metrics.Count; i++)
        {
            long begun = work.Done;
            values.Add(At("evaluation.metrics", i, () => metrics[i].Measure(context with { Features = features, Progress = (done, _) => work.Reach(begun + done) })));
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
    public static void WriteShard(RunSpec spec, EvaluationSession session, int shard, string file, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(session.Device, allowed: false, stop);
        using TrainedNetwork network = TrainedNetwork.Load(spec, session.Checkpoint, session.Device, spec.Evaluation.Weights, spec.Evaluation.Checkpoint);
        Dictionary<Split, ImageSet> loaded = [];
        ImageSet Images(Split split) => loaded.TryGetValue(split, out ImageSet? images) ? images : loaded[split] = spec.Data.Load(split, session.DataFolder);
        using OpenedNetworks networks = OpenedNetworks.Open(spec, session, Images, stop);
        WorkCount work = new(session.Progress);
        (int First, int End) range = spec.Evaluation.Samples.RangeOf(shard);
        Draw(spec, session, network, Images, networks, range, work, stop).Write(file);
    }

    /// <summary>Computes what samples of a run will be compared with, where it is not there yet.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="session">Where; its checkpoint is not looked at.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <returns>How many true images were shown to feature networks.</returns>
    /// <exception cref="SpecException">A metric cannot be measured on the data.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Evaluate"/>.</exception>
    /// <exception cref="FileNotFoundException">As <see cref="Evaluate"/>.</exception>
    public static int ComputeReferences(RunSpec spec, EvaluationSession session, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(session.Device, allowed: false, stop);
        Dictionary<Split, ImageSet> loaded = [];
        ImageSet Images(Split split) => loaded.TryGetValue(split, out ImageSet? images) ? images : loaded[split] = spec.Data.Load(split, session.DataFolder);
        using OpenedNetworks networks = OpenedNetworks.Open(spec, session, Images, stop);
        int computed = 0;
        ReferenceLibrary references = LibraryOf(spec, session, Images, count => computed += count, stop);
        foreach (Comparison comparison in Comparison.Of(spec))
            At("evaluation.metrics", comparison.Metric, () => references.Prepare(comparison.Reference, comparison.Space, networks.Opened[comparison.Space], comparison.KeepsFeatures));
        return computed;
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

    private static FeatureContext FeaturesOf(
        RunSpec spec, EvaluationSession session, TrainedNetwork network, Func<Split, ImageSet> images, OpenedNetworks networks, WorkCount work, CancellationToken stop)
    {
        ReferenceLibrary references = LibraryOf(spec, session, images, count => work.Add(count), stop);
        IReadOnlyList<Comparison> comparisons = Comparison.Of(spec);
        foreach (Comparison comparison in comparisons)
        {
            work.Plan(At("evaluation.metrics", comparison.Metric,
                () => references.Missing(comparison.Reference, comparison.Space, networks.Opened[comparison.Space], comparison.KeepsFeatures)));
        }

        EvaluationSamples samples = spec.Evaluation.Samples;
        SampleShard whole = session.Shards.Count == 0
            ? Draw(spec, session, network, images, networks, (0, samples.Count), work, stop)
            : SampleShard.Merge([.. session.Shards.Select(file => (file, SampleShard.Read(file, samples.Count)))], SpecJson.Hash(spec), HashOf(session.Checkpoint), samples.Count);
        foreach (Comparison comparison in comparisons)
            At("evaluation.metrics", comparison.Metric, () => references.Prepare(comparison.Reference, comparison.Space, networks.Opened[comparison.Space], comparison.KeepsFeatures));

        JsonObject protocol = network.BaseProtocol(spec);
        protocol["samples"] = new SampleDrawing(spec, network, images, session.Device, _ => { }, stop).Protocol();
        return new FeatureContext
        {
            Uses = networks.Uses,
            Samples = whole,
            Splits = new SampleSplits(samples.Count, samples.Splits),
            Seed = samples.Seed,
            Networks = networks.Opened,
            Shape = spec.Data.Shape,
            References = references,
            BaseProtocol = protocol,
            Device = session.Device,
        };
    }

    private static ReferenceLibrary LibraryOf(RunSpec spec, EvaluationSession session, Func<Split, ImageSet> images, Action<int> evaluated, CancellationToken stop) => new()
    {
        Folder = new StatisticsFolder(session.Statistics),
        Shared = session.Shared,
        Data = Kinds.NameOf(spec.Data),
        Images = images,
        Warn = sentence => session.Warn?.Invoke(sentence),
        Evaluated = evaluated,
        Stop = stop,
    };

    private static SampleShard Draw(
        RunSpec spec, EvaluationSession session, TrainedNetwork network, Func<Split, ImageSet> images, OpenedNetworks networks, (int First, int End) range, WorkCount work, CancellationToken stop)
    {
        work.Plan((long)(range.End - range.First) * spec.Evaluation.Samples.EvaluationsPerImage(spec));
        return new SampleDrawing(spec, network, images, session.Device, work.Add, stop).Draw(range, networks.Uses, networks.Opened, HashOf(session.Checkpoint));
    }

    private static string HashOf(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
