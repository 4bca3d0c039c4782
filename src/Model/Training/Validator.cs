using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>Measures a network while it trains: a second network in evaluation mode looks at the same weights, so nothing is copied and training sees nothing of it.</summary>
/// <param name="run">The run; it has a validation.</param>
/// <param name="state">Whose weights are measured.</param>
/// <param name="train">The images that are trained on.</param>
/// <param name="session">Device and data folder.</param>
internal sealed class Validator(RunSpec run, TrainingState state, ImageSet train, TrainingSession session) : IDisposable
{
    private readonly ValidationSpec _spec = run.Training.Validation!;
    private readonly Dictionary<Split, ImageSet> _images = new() { [Split.Train] = train };
    private TrainedNetwork? _network;
    private SampleMeasurement? _measurement;

    /// <summary>Measures every metric of the spec, in order.</summary>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>; the weights are as before.</param>
    /// <exception cref="SpecException">A metric cannot be measured on the data.</exception>
    public IReadOnlyList<MetricValue> Measure(CancellationToken stop)
    {
        _network ??= TrainedNetwork.Over(run, state.NamedWeights(_spec.Weights), session.Device, _spec.Weights);
        MetricList list = MetricList.OfValidation(run);
        MetricContext context = Evaluator.ContextOf(run, _network, session.Device, Images, stop) with { Features = FeaturesOf(list, _network, stop) };
        return [.. list.Metrics.Select((metric, i) => list.At(i, () => metric.Measure(context)))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network?.Dispose();
        _measurement?.Dispose();
    }

    // Feature networks and true images are made ready at the first validation. The samples are of no file.
    private FeatureContext? FeaturesOf(MetricList list, TrainedNetwork network, CancellationToken stop)
    {
        _measurement ??= SampleMeasurement.Open(run, list, session.Features, session.Device, Images, new WorkCount(null), stop);
        _measurement?.Compare();
        return _measurement?.ContextOf(network, _measurement.Draw(network, (0, list.Samples.Count), ""));
    }

    private ImageSet Images(Split split) => _images.TryGetValue(split, out ImageSet? images) ? images : _images[split] = run.Data.Load(split, session.DataFolder);
}
