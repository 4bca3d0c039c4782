using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Devices;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Trains one run from a spec, or goes on with it from a checkpoint.</summary>
/// <remarks>
/// A training that was stopped or killed and goes on from a checkpoint does the same steps with the same numbers as one that never stopped: where <see cref="TrainingConditions"/>
/// on a CPU are the same, every loss and every bit of the last checkpoint are equal. Where they are not, the session is told, and the checkpoints say so.
/// </remarks>
public sealed class Trainer
{
    private readonly RunSpec _spec;
    private readonly TrainingSession _session;
    private readonly TrainingState _state;
    private readonly BatchFeed _batches;
    private readonly StepGradient _gradient;
    private readonly TrainingLog _log;
    private readonly Validator? _validator;
    private readonly CheckpointWriter _checkpoints;
    private readonly FirstPass _first = new();
    private long _saved;

    private Trainer(
        RunSpec spec, TrainingSession session, DiffusionModel diffusion, TrainingState state, BatchFeed batches, TrainingLog log, Validator? validator, CheckpointWriter checkpoints)
    {
        _spec = spec;
        _session = session;
        _state = state;
        _log = log;
        _batches = batches;
        _validator = validator;
        _checkpoints = checkpoints;
        _saved = session.Clock.GetTimestamp();
        _gradient = new StepGradient(spec, diffusion, state.Network, state.Dropout, state.Gradients);
    }

    private bool IsValidationDue => _state.Validation.IsDue(_spec.Training.Validation, _state.Step);

    private bool IsKept => _spec.Training.Checkpoints.KeepEvery > 0 && _state.Step > 0 && _state.Step % _spec.Training.Checkpoints.KeepEvery == 0;

    private IReadOnlyList<CheckpointSelection> Selections => _state.Validation.Step == _state.Step ? _state.Validation.Selections : [];

    private bool IsComplete => _state.Validation.EndedEarly is not null || (_state.Step >= _spec.Training.Steps && !IsValidationDue);

    /// <summary>Trains to the end of the spec, or until <paramref name="stop"/>; either way the state is in a checkpoint on return.</summary>
    /// <exception cref="SpecException">The spec cannot be trained, or the checkpoint is of another spec, schedule or data.</exception>
    /// <exception cref="InvalidDataException">The checkpoint or the data is damaged.</exception>
    /// <exception cref="DivergedException">
    /// The loss or the gradient is not finite, or the loss was over its bound for long. It is thrown at most 8 steps later; the
    /// checkpoints that are there hold sound steps only, and the points up to the broken step are handed over.
    /// </exception>
    /// <exception cref="IOException">A checkpoint cannot be written; the message names it.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop before it began, while another job of the process on CUDA had <c>tf32</c> otherwise.</exception>
    public static TrainingEnd Train(RunSpec spec, TrainingSession session, CancellationToken stop)
    {
        // The images are read while the network is built.
        Task<ImageSet> reading = Task.Run(() => spec.Data.Load(Split.Train, session.DataFolder), CancellationToken.None);
        DiffusionModel diffusion = DiffusionModel.From(spec.Process);
        Device device = new(session.Device);
        using IDisposable? rounding = Tf32.Hold(session.Device, spec.Training.Tf32, stop);
        using TrainingState state = new(spec, diffusion.OutputChannels(spec.Data.Shape.C), device);
        ImageSet images = reading.GetAwaiter().GetResult();
        state.DataHash = images.ContentHash;
        SavedCheckpoint? start = null;
        if (session.ResumeFrom is not null)
        {
            state.Load(session.ResumeFrom);
            start = new SavedCheckpoint(session.ResumeFrom, state.Step);
        }

        (state.Conditions, Resumption resumption) = state.Conditions.GoOn(state.Step, TrainingConditions.Now(session.Device));
        if (resumption.Step > 0)
            session.OnResumed?.Invoke(resumption);
        session.OnData?.Invoke(images.ContentHash);
        BatchSource source = new(spec, images, device);
        using TrainingLog log = new(spec.Training, session, state, source.Indices);
        using Validator? validator = spec.Training.Validation is null ? null : new Validator(spec, state, images, session);
        using CheckpointWriter checkpoints = new(state, session);
        using BatchFeed batches = new(source, spec.Training.Steps, session.DrawAhead ?? device.type == DeviceType.CUDA);
        try
        {
            return new Trainer(spec, session, diffusion, state, batches, log, validator, checkpoints).Run(stop);
        }
        catch (DivergedException error) when ((checkpoints.NewestAfterAll() ?? start) is SavedCheckpoint good)
        {
            // The last good checkpoint may have been on its way to the disk when the step was seen to be broken.
            throw new DivergedException(error.Divergence with { CheckpointStep = good.Step, CheckpointPath = good.Path });
        }
    }

    private TrainingEnd Run(CancellationToken stop)
    {
        // What was measured at the step it goes on from is handed over again: whoever cuts curves there cuts it too.
        if (_state.Validation.Step > 0 && _state.Validation.Step == _state.Step)
            HandOverValidation();
        if (Validate(stop) && !IsComplete)
            SaveIfDue();

        while (_state.Step < _spec.Training.Steps && !IsComplete && !stop.IsCancellationRequested)
        {
            DoStep();

            // Hand over what was measured.
            if (_state.Step % _spec.Training.LogEvery == 0)
                _log.Flush();
            Validate(stop);

            // Leave the state on the disk now and then; the last one is written below.
            _checkpoints.ThrowIfFailed();
            if (!IsComplete)
                SaveIfDue();
        }

        return new TrainingEnd(_state.Step, IsComplete, SaveLast()) { EndedEarly = _state.Validation.EndedEarly };
    }

    private void DoStep()
    {
        using Lock.Scope alone = _first.Enter(_spec.Training.BatchSize);
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

    /// <summary>Measures the network where that is due.</summary>
    /// <returns>Whether it was, and nothing stopped it.</returns>
    private bool Validate(CancellationToken stop)
    {
        if (!IsValidationDue)
            return false;
        _log.Flush();
        if (_spec.Training.Validation!.DrawsSamples)
            RequireFiniteWeights(); // nothing is measured of images without numbers
        try
        {
            _state.Validation = _state.Validation.After(_state.Step, _validator!.Measure(stop), _spec.Training.EarlyStop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }

        HandOverValidation();
        _log.RestartClock();
        return true;
    }

    private void HandOverValidation() =>
        _session.OnValidation?.Invoke(new ValidationPoint(_state.Validation.Step, [.. _state.Validation.Metrics.Select(metric => metric.ToValue())]));

    // What the step asks for is written in any case, what the clock asks for when nothing else is being written.
    private void SaveIfDue()
    {
        bool isTime = _session.Clock.GetElapsedTime(_saved) >= _session.CheckpointInterval && !_checkpoints.IsBusy;
        if (isTime || IsKept || Selections.Count > 0)
            Save(_checkpoints.Begin);
    }

    /// <summary>Has the state written, unless it is broken: what was measured so far is handed over first, and a step that was not sound throws there.</summary>
    private void Save(Action<bool, IReadOnlyList<CheckpointSelection>> write)
    {
        _log.Flush();
        RequireFiniteWeights();
        write(IsKept, Selections);
        _saved = _session.Clock.GetTimestamp();
        _log.RestartClock();
    }

    /// <summary>Leaves the state in a file, if it is not in one already.</summary>
    /// <returns>Its path.</returns>
    private string SaveLast()
    {
        _checkpoints.Finish();
        if (_checkpoints.Newest?.Step != _state.Step)
            Save(_checkpoints.WriteLast);
        return _checkpoints.Newest!.Path;
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
