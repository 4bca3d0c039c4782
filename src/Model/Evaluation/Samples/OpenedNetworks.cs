using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>The feature networks of a run's metrics, each opened once.</summary>
internal sealed class OpenedNetworks : IDisposable
{
    private readonly Dictionary<FeatureSpace, FeatureNetwork> _opened = [];

    private OpenedNetworks(IReadOnlyList<FeatureUse> uses) => Uses = uses;

    /// <summary>The ways of looking at the samples.</summary>
    public IReadOnlyList<FeatureUse> Uses { get; }

    /// <summary>The network of each space.</summary>
    public IReadOnlyDictionary<FeatureSpace, FeatureNetwork> Opened => _opened;

    /// <summary>Opens them.</summary>
    /// <exception cref="FileNotFoundException">Weights are not there; the message says how to get them.</exception>
    /// <exception cref="InvalidDataException">Weights are damaged, or not those that they should be.</exception>
    public static OpenedNetworks Open(RunSpec spec, EvaluationSession session, Func<Split, ImageSet> images, CancellationToken stop)
    {
        FeatureSources sources = new()
        {
            Images = images,
            LabelCount = spec.Data.LabelCount,
            Weights = new WeightsFolder(session.Weights),
            Classifiers = session.Statistics,
            Shared = session.Shared,
            Device = session.Device,
            Warn = sentence => session.Warn?.Invoke(sentence),
            Stop = stop,
        };
        IReadOnlyList<Metric> metrics = spec.Evaluation.Metrics;
        OpenedNetworks networks = new(FeatureUse.Of(metrics.OfType<SampleMetric>()));
        try
        {
            for (int i = 0; i < metrics.Count; i++)
            {
                if (metrics[i] is SampleMetric metric && !networks._opened.ContainsKey(metric.Space))
                    networks._opened.Add(metric.Space, Evaluator.At("evaluation.metrics", i, () => metric.Space.Open(sources)));
            }

            return networks;
        }
        catch
        {
            networks.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (FeatureNetwork network in _opened.Values)
            network.Dispose();
    }
}
