using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Takes what steps measured on the device, without making a step wait for it, notices when the training diverges, and hands the values over now and then.</summary>
internal sealed class TrainingLog : IDisposable
{
    /// <summary>Windows between two means of the finer bins over t, so that these stay few.</summary>
    private const int WindowsPerBins = 10;

    private readonly TrainingSpec _training;
    private readonly TrainingSession _session;
    private readonly TrainingState _state;
    private readonly Func<long, int[]> _imagesOf;
    private readonly MeasurementRing _ring;
    private readonly Queue<(long Step, long[] T, double LearningRate)> _underWay = [];
    private readonly List<double> _losses = [];
    private readonly List<double> _gradNorms = [];
    private readonly List<double> _learningRates = [];
    private Divergence _last;
    private long _since;

    /// <summary>Begins at the state's step.</summary>
    /// <param name="training">The bound and the windows.</param>
    /// <param name="session">Takes the points and has the clock.</param>
    /// <param name="state">Carries the sums of the windows, which go on here.</param>
    /// <param name="imagesOf">Indices of the images of a step.</param>
    /// <param name="ring">Brings the values to the host, batch_size + 2 a step; taken over. Null for one that the device of the state fills.</param>
    public TrainingLog(TrainingSpec training, TrainingSession session, TrainingState state, Func<long, int[]> imagesOf, MeasurementRing? ring = null)
    {
        (_training, _session, _state, _imagesOf) = (training, session, state, imagesOf);
        _ring = ring ?? new MeasurementRing(training.BatchSize + 2, state.Values.device, session.Clock);
        _last = new Divergence { Step = state.Step - 1, Cause = DivergenceCause.Weights };
        _since = session.Clock.GetTimestamp();
    }

    /// <summary>Keeps the values of one step; waits only where the device is <see cref="MeasurementRing.Rows"/> steps behind.</summary>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="loss">What was minimised, a scalar.</param>
    /// <param name="gradNorm">Scalar, before clipping.</param>
    /// <param name="losses">The loss of each image without the weight of its timestep, (N,) float32.</param>
    /// <param name="t">Zero-based timestep of each image; kept.</param>
    /// <param name="learningRate">The learning rate.</param>
    /// <exception cref="DivergedException">One of the last steps was not sound; the values up to it are handed over first.</exception>
    public void Add(long step, Tensor loss, Tensor gradNorm, Tensor losses, long[] t, double learningRate)
    {
        if (_ring.Pending == MeasurementRing.Rows)
            Observe(_ring.Take());
        using (DisposeScope scope = NewDisposeScope())
        {
            using IDisposable quiet = no_grad();
            _ring.Push(cat([loss.view(1), gradNorm.view(1), losses]));
        }

        _underWay.Enqueue((step, t, learningRate));
        while (_ring.TryTake(out ReadOnlySpan<float> values))
            Observe(values);
    }

    /// <summary>Waits for the values of every step so far, and hands them over.</summary>
    /// <exception cref="DivergedException">One of the steps was not sound; the values up to it are handed over first.</exception>
    public void Flush()
    {
        while (_ring.Pending > 0)
            Observe(_ring.Take());
        HandOver(diverged: false);
    }

    /// <summary>The ending of a training whose last step was sound but for the weights that came of it.</summary>
    public DivergedException BrokenWeights() => Diverged(DivergenceCause.Weights);

    /// <summary>Forgets the time since the last hand-over, which was spent on something else than steps.</summary>
    public void RestartClock() => _since = _session.Clock.GetTimestamp();

    /// <inheritdoc/>
    public void Dispose() => _ring.Dispose();

    private void Observe(ReadOnlySpan<float> values)
    {
        (long step, long[] t, double learningRate) = _underWay.Dequeue();
        _last = new Divergence { Step = step, Cause = DivergenceCause.Weights, Loss = values[0], GradNorm = values[1], Timesteps = t };
        _losses.Add(values[0]);
        _gradNorms.Add(values[1]);
        _learningRates.Add(learningRate);
        _state.LossByQuartile.Add(t, values[2..]);
        _state.LossByT.Add(t, values[2..]);
        if (_state.Watch.Observe(values[0], values[1]) is not DivergenceCause cause)
            return;

        // Hand over what there is, the broken step included: it shows where the run broke.
        HandOver(diverged: true);
        throw Diverged(cause);
    }

    private DivergedException Diverged(DivergenceCause cause) => new(_last with
    {
        Cause = cause,
        LossAbove = cause == DivergenceCause.Bound ? _training.Divergence.LossAbove : null,
        StepsOver = cause == DivergenceCause.Bound ? _training.Divergence.ForSteps : null,
        Images = _last.Timesteps.Count == 0 ? [] : _imagesOf(_last.Step),
    });

    private void HandOver(bool diverged)
    {
        if (_losses.Count == 0)
            return;
        long now = _session.Clock.GetTimestamp();
        double seconds = _session.Clock.GetElapsedTime(_since, now).TotalSeconds;
        double imagesPerSecond = seconds > 0 ? _losses.Count * (double)_training.BatchSize / seconds : 0;
        long firstStep = _last.Step - _losses.Count + 1;
        TrainingPoints points = new(firstStep, [.. _losses], [.. _gradNorms], [.. _learningRates], imagesPerSecond) { AtLastStep = AtLastStep(diverged) };
        _losses.Clear();
        _gradNorms.Clear();
        _learningRates.Clear();
        _since = now;
        _session.OnPoints?.Invoke(points);
    }

    // Windows end at steps that depend on the spec alone, so that a training that was stopped has the same ones.
    private Dictionary<string, double> AtLastStep(bool diverged)
    {
        Dictionary<string, double> values = [];
        long done = _last.Step + 1;
        bool isLast = diverged || done == _training.Steps;
        if (!isLast && done % _training.LogEvery != 0)
            return values;

        foreach ((int quartile, double mean) in _state.LossByQuartile.Take())
            values[$"loss_q{quartile}"] = mean;
        if (isLast || done % ((long)_training.LogEvery * WindowsPerBins) == 0)
        {
            foreach ((int bin, double mean) in _state.LossByT.Take())
                values[$"loss_t{bin:D2}"] = mean;
        }

        // After a divergence the weights are those of a later step.
        double[] drifts = diverged ? [] : EmaDrift.Of(_state.Values, _state.Averages);
        for (int i = 0; i < drifts.Length; i++)
            values[$"ema_drift_{i}"] = drifts[i];
        values["memory_bytes"] = Environment.WorkingSet;
        return values;
    }
}
