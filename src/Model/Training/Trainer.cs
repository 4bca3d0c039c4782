using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Devices;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Trains one run from a spec, or goes on with it from a checkpoint.</summary>
/// <remarks>
/// A training that was stopped or killed and goes on from a checkpoint does the same steps with the same numbers as one that never stopped: on a CPU, with the
/// same number of threads, every loss and every bit of the last checkpoint's tensors are equal.
/// </remarks>
public sealed class Trainer
{
    private readonly RunSpec _spec;
    private readonly TrainingSession _session;
    private readonly TrainingState _state;
    private readonly BatchFeed _batches;
    private readonly StepGradient _gradient;
    private readonly TrainingLog _log;

    private Trainer(RunSpec spec, TrainingSession session, DiffusionModel diffusion, TrainingState state, TrainingLog log, BatchFeed batches)
    {
        _spec = spec;
        _session = session;
        _state = state;
        _log = log;
        _batches = batches;
        _gradient = new StepGradient(spec, diffusion, state.Network, state.Dropout, state.Gradients);
    }

    /// <summary>Trains to the end of the spec, or until <paramref name="stop"/>; either way the state is in a checkpoint on return.</summary>
    /// <exception cref="SpecException">The spec cannot be trained, or the checkpoint is of another spec, schedule or data.</exception>
    /// <exception cref="InvalidDataException">The checkpoint or the data is damaged.</exception>
    /// <exception cref="DivergedException">
    /// The loss or the gradient is not finite, or the loss was over its bound for long. It is thrown at most 8 steps later; the
    /// checkpoints that are there hold sound steps only, and the points up to the broken step are handed over.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was asked to stop before it began, while another job of the process on CUDA had <c>tf32</c> otherwise.</exception>
    public static TrainingEnd Train(RunSpec spec, TrainingSession session, CancellationToken stop)
    {
        ImageSet images = spec.Data.Load(Split.Train, session.DataFolder);
        DiffusionModel diffusion = DiffusionModel.From(spec.Process);
        Device device = new(session.Device);
        using IDisposable? rounding = Tf32.Hold(session.Device, spec.Training.Tf32, stop);
        using TrainingState state = new(spec, diffusion.OutputChannels(images.Shape.C), device) { DataHash = images.ContentHash };
        if (session.ResumeFrom is not null)
            state.Load(session.ResumeFrom);
        session.OnData?.Invoke(images.ContentHash);
        BatchSource source = new(spec, images, device);
        using TrainingLog log = new(spec.Training, session, state, source.Indices);
        if (session.ResumeFrom is not null)
            log.LastCheckpoint = (session.ResumeFrom, state.Step);
        using BatchFeed batches = new(source, spec.Training.Steps, session.DrawAhead ?? device.type == DeviceType.CUDA);
        return new Trainer(spec, session, diffusion, state, log, batches).Run(stop);
    }

    private TrainingEnd Run(CancellationToken stop)
    {
        TrainingSpec training = _spec.Training;
        long saved = _session.Clock.GetTimestamp();
        while (_state.Step < training.Steps && !stop.IsCancellationRequested)
        {
            DoStep();

            // Hand over what was measured.
            if (_state.Step % training.LogEvery == 0)
                _log.Flush();

            // Leave the state on the disk now and then.
            if (_session.Clock.GetElapsedTime(saved) >= _session.CheckpointInterval && _state.Step < training.Steps)
            {
                Save();
                saved = _session.Clock.GetTimestamp();
            }
        }

        return new TrainingEnd(_state.Step, _state.Step >= training.Steps, Save());
    }

    private void DoStep()
    {
        using DisposeScope scope = NewDisposeScope();
        long step = _state.Step;
        TrainingSpec training = _spec.Training;

        // Draw the batch, and take the gradient of the mean of its weighted losses.
        Batch batch = _batches.Next(step, _state.LossHistory);
        Tensor losses = _gradient.Take(batch, step);

        // Move the weights and their averages.
        (Tensor gradNorm, double learningRate) = WeightUpdate.Apply(training, step, _state.Values, _state.Gradients, _state.Slots, _state.Averages);

        // Let a sampler that learns see the losses; this waits for the device.
        using IDisposable quiet = no_grad();
        if (_state.LossHistory is LossHistory history)
            history.Record(batch.Timesteps, losses.cpu().data<float>().ToArray());

        _state.Step = step + 1;
        if (_session.Measures)
            _log.Add(step, (losses * batch.Weights).mean(), gradNorm, losses, batch.Timesteps, learningRate);
    }

    /// <summary>Writes the state, unless it is broken: what was measured so far is handed over first, and a step that was not sound throws there.</summary>
    private string Save()
    {
        _log.Flush();
        RequireFiniteWeights();
        string path = Path.Combine(_session.Folder, $"step-{_state.Step:D8}.safetensors");
        _state.Save(path);
        _log.LastCheckpoint = (path, _state.Step);
        _session.OnCheckpoint?.Invoke(path, _state.Step);
        _log.RestartClock();
        return path;
    }

    // A sound step may break the weights. The next one shows it, and the training ends there whether a checkpoint was due here or not.
    private void RequireFiniteWeights()
    {
        using (DisposeScope scope = NewDisposeScope())
        {
            if (_state.Values.isfinite().all().item<bool>())
                return;
        }

        if (_state.Step < _spec.Training.Steps)
        {
            DoStep();
            _log.Flush();
        }

        throw _log.BrokenWeights();
    }
}
