using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.References;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>What a list of metrics of samples needs beside a trained network: feature networks and true images, made ready once for any number of trained networks.</summary>
internal sealed class SampleMeasurement : IDisposable
{
    private readonly RunSpec _spec;
    private readonly MetricList _list;
    private readonly string _device;
    private readonly Func<Split, ImageSet> _images;
    private readonly CancellationToken _stop;
    private readonly Dictionary<FeatureSpace, FeatureNetwork> _networks = [];
    private readonly IReadOnlyList<FeatureUse> _uses;
    private readonly IReadOnlyList<Comparison> _comparisons;
    private readonly ReferenceLibrary _library;
    private readonly TrueImages _true;

    private SampleMeasurement(RunSpec spec, MetricList list, FeaturePlaces places, string device, Func<Split, ImageSet> images, WorkCount work, CancellationToken stop)
    {
        (_spec, _list, _device, _images, Work, _stop) = (spec, list, device, images, work, stop);
        _uses = FeatureUse.Of(list.Metrics.OfType<SampleMetric>());
        _comparisons = Comparison.Of(list.Metrics);
        _library = new ReferenceLibrary
        {
            Folder = new StatisticsFolder(places.Statistics),
            Shared = places.Shared,
            Data = Kinds.NameOf(spec.Data),
            Images = images,
            Warn = sentence => places.Warn?.Invoke(sentence),
            Evaluated = count => work.Add(count),
            Stop = stop,
        };
        _true = new TrueImages(_library, _networks, device);
    }

    /// <summary>Counts what is done.</summary>
    public WorkCount Work { get; }

    /// <summary>Opens the networks.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="list">Its metrics and their samples.</param>
    /// <param name="places">Where networks and true images are.</param>
    /// <param name="device">Where they compute.</param>
    /// <param name="images">The images of a split.</param>
    /// <param name="work">Counts what is done.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Null where no metric is one of samples.</returns>
    /// <exception cref="SpecException">A network cannot be used on the data.</exception>
    /// <exception cref="FileNotFoundException">Weights are not there; the message says how to get them.</exception>
    /// <exception cref="InvalidDataException">Weights are damaged, or not those that they should be.</exception>
    public static SampleMeasurement? Open(RunSpec spec, MetricList list, FeaturePlaces places, string device, Func<Split, ImageSet> images, WorkCount work, CancellationToken stop)
    {
        if (!list.Metrics.Any(metric => metric is SampleMetric))
            return null;
        FeatureSources sources = new()
        {
            Images = images,
            LabelCount = spec.Data.LabelCount,
            Weights = new WeightsFolder(places.Weights),
            Classifiers = places.Statistics,
            Shared = places.Shared,
            Device = device,
            Warn = sentence => places.Warn?.Invoke(sentence),
            Stop = stop,
        };
        SampleMeasurement measurement = new(spec, list, places, device, images, work, stop);
        try
        {
            for (int i = 0; i < list.Metrics.Count; i++)
            {
                if (list.Metrics[i] is SampleMetric metric && !measurement._networks.ContainsKey(metric.Space))
                    measurement._networks.Add(metric.Space, list.At(i, () => metric.Space.Open(sources)));
            }

            return measurement;
        }
        catch
        {
            measurement.Dispose();
            throw;
        }
    }

    /// <summary>Counts in advance how many true images will be looked at.</summary>
    public void Plan()
    {
        foreach (Comparison comparison in _comparisons)
            Work.Plan(_list.At(comparison.Metric, () => _library.Missing(comparison.Reference, comparison.Space, _networks[comparison.Space], comparison.KeepsFeatures)));
    }

    /// <summary>Looks at the true images that nobody has looked at yet.</summary>
    public void Compare()
    {
        foreach (Comparison comparison in _comparisons)
            _list.At(comparison.Metric, () => _library.Prepare(comparison.Reference, comparison.Space, _networks[comparison.Space], comparison.KeepsFeatures));
    }

    /// <summary>Draws a range of the samples and shows it to the networks.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="range">Numbers of the first sample and after the last.</param>
    /// <param name="checkpointSha256">SHA-256 of the network's file, by which shards of one evaluation know each other; empty where the samples are all drawn here.</param>
    /// <exception cref="SpecException">A drawn image is not finite.</exception>
    public SampleShard Draw(TrainedNetwork network, (int First, int End) range, string checkpointSha256)
    {
        Work.Plan((long)(range.End - range.First) * _list.Samples.EvaluationsPerImage(_spec));
        return DrawingOf(network).Draw(range, _uses, _networks, checkpointSha256);
    }

    /// <summary>What metrics are measured from.</summary>
    /// <param name="network">The trained network.</param>
    /// <param name="samples">All samples of it.</param>
    public FeatureContext ContextOf(TrainedNetwork network, SampleShard samples)
    {
        JsonObject protocol = network.BaseProtocol(_spec);
        protocol["samples"] = DrawingOf(network).Protocol();
        return new FeatureContext
        {
            Uses = _uses,
            Samples = samples,
            Splits = new SampleSplits(_list.Samples.Count, _list.Samples.Splits),
            Seed = _list.Samples.Seed,
            Networks = _networks,
            Shape = _spec.Data.Shape,
            True = _true,
            BaseProtocol = protocol,
            Device = _device,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _true.Dispose();
        foreach (FeatureNetwork network in _networks.Values)
            network.Dispose();
    }

    private SampleDrawing DrawingOf(TrainedNetwork network) => new(_spec, _list.Samples, _list.SamplesPath, network, _images, _device, Work.Add, _stop);
}
