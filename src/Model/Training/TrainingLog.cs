using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Keeps what steps measured on the device until it is handed over, so that no step waits for the device.</summary>
/// <param name="session">Takes the points and has the clock.</param>
/// <param name="batchSize">Images a step.</param>
internal sealed class TrainingLog(TrainingSession session, int batchSize) : IDisposable
{
    private readonly List<Tensor> _losses = [];
    private readonly List<Tensor> _gradNorms = [];
    private readonly List<double> _learningRates = [];
    private long _firstStep;
    private long _since = session.Clock.GetTimestamp();

    /// <summary>Keeps the values of one step.</summary>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="loss">Scalar; taken over.</param>
    /// <param name="gradNorm">Scalar, before clipping; taken over.</param>
    /// <param name="learningRate">The learning rate.</param>
    public void Add(long step, Tensor loss, Tensor gradNorm, double learningRate)
    {
        if (_losses.Count == 0)
            _firstStep = step;
        _losses.Add(loss.DetachFromDisposeScope());
        _gradNorms.Add(gradNorm.DetachFromDisposeScope());
        _learningRates.Add(learningRate);
    }

    /// <summary>Hands the kept values over.</summary>
    /// <exception cref="DivergedException">One of them is not finite; the values up to it are handed over first.</exception>
    public void Flush()
    {
        if (_losses.Count == 0)
            return;

        // Read the values; this waits for the device.
        double[] losses = Read(_losses);
        double[] gradNorms = Read(_gradNorms);
        double[] learningRates = [.. _learningRates];
        _learningRates.Clear();
        long now = session.Clock.GetTimestamp();
        double seconds = session.Clock.GetElapsedTime(_since, now).TotalSeconds;
        double imagesPerSecond = seconds > 0 ? losses.Length * (double)batchSize / seconds : 0;
        _since = now;

        // Hand over what there is up to the first value that is not finite, that one included: it shows where the run broke.
        int bad = Enumerable.Range(0, losses.Length).FirstOrDefault(i => !double.IsFinite(losses[i]) || !double.IsFinite(gradNorms[i]), -1);
        int count = bad < 0 ? losses.Length : bad + 1;
        session.OnPoints?.Invoke(new TrainingPoints(_firstStep, losses[..count], gradNorms[..count], learningRates[..count], imagesPerSecond));
        if (bad >= 0)
            throw new DivergedException(_firstStep + bad, losses[bad]);
    }

    /// <summary>Forgets the time since the last hand-over, which was spent on something else than steps.</summary>
    public void RestartClock() => _since = session.Clock.GetTimestamp();

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private static double[] Read(List<Tensor> scalars)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] values = stack(scalars).to(float64).cpu().data<double>().ToArray();
        foreach (Tensor scalar in scalars)
            scalar.Dispose();
        scalars.Clear();
        return values;
    }

    private void Clear()
    {
        foreach (Tensor scalar in _losses.Concat(_gradNorms))
            scalar.Dispose();
        _losses.Clear();
        _gradNorms.Clear();
    }
}
