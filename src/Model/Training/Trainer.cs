using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Objectives;
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
    private readonly DiffusionModel _diffusion;
    private readonly TrainingState _state;
    private readonly BatchSource _batches;
    private readonly TrainingLog _log;

    private Trainer(RunSpec spec, TrainingSession session, DiffusionModel diffusion, TrainingState state, TrainingLog log, ImageSet images)
    {
        _spec = spec;
        _session = session;
        _diffusion = diffusion;
        _state = state;
        _log = log;
        _batches = new BatchSource(spec, images, new Device(session.Device));
    }

    /// <summary>Trains to the end of the spec, or until <paramref name="stop"/>; either way the state is in a checkpoint on return.</summary>
    /// <exception cref="SpecException">The spec cannot be trained, or the checkpoint is of another spec, schedule or data.</exception>
    /// <exception cref="InvalidDataException">The checkpoint or the data is damaged.</exception>
    /// <exception cref="DivergedException">The loss or the gradient is not finite; the checkpoints that are there are from before.</exception>
    public static TrainingEnd Train(RunSpec spec, TrainingSession session, CancellationToken stop)
    {
        ImageSet images = spec.Data.Load(Split.Train, session.DataFolder);
        DiffusionModel diffusion = DiffusionModel.From(spec.Process);
        using TrainingState state = new(spec, diffusion.OutputChannels(images.Shape.C), new Device(session.Device)) { DataHash = images.ContentHash };
        if (session.ResumeFrom is not null)
            state.Load(session.ResumeFrom);
        (state.Conditions, Resumption resumption) = state.Conditions.GoOn(state.Step, TrainingConditions.Now(session.Device));
        if (resumption.Step > 0)
            session.OnResumed?.Invoke(resumption);
        session.OnData?.Invoke(images.ContentHash);
        using TrainingLog log = new(session, spec.Training.BatchSize);
        return new Trainer(spec, session, diffusion, state, log, images).Run(stop);
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

        // Draw the batch and the dropout masks of this step.
        Batch batch = _batches.Draw(step, _state.LossHistory);
        _state.Dropout.Step = step;

        // Average the weighted losses of the images.
        Tensor losses = _spec.Objective.Losses(new ObjectiveInputs
        {
            Model = _diffusion,
            Network = _diffusion.ByTimestep(ConditionalModule.Given(_state.Network, batch.Labels)),
            X0 = batch.X0,
            T = batch.T,
            Noise = batch.Noise,
            Levels = _spec.Data.Levels,
        });
        Tensor loss = (losses * batch.Weights).mean();

        // Take the gradient.
        _state.Gradients.zero_();
        loss.backward();

        // Move the weights and their averages.
        (Tensor gradNorm, double learningRate) = WeightUpdate.Apply(training, step, _state.Values, _state.Gradients, _state.Slots, _state.Averages);

        // Let a sampler that learns see the losses; this waits for the device.
        using IDisposable quiet = no_grad();
        if (_state.LossHistory is LossHistory history)
            history.Record(batch.T.cpu().data<long>().ToArray(), losses.detach().cpu().data<float>().ToArray());

        _log.Add(step, loss.detach(), gradNorm, learningRate);
        _state.Step = step + 1;
    }

    /// <summary>Writes the state, unless it is broken: what was measured so far is handed over first, and a value that is not finite throws there.</summary>
    private string Save()
    {
        _log.Flush();
        using (DisposeScope scope = NewDisposeScope())
        {
            if (!_state.Values.isfinite().all().item<bool>())
                throw new DivergedException(_state.Step - 1, double.NaN);
        }

        string path = Path.Combine(_session.Folder, $"step-{_state.Step:D8}.safetensors");
        _state.Save(path);
        _session.OnCheckpoint?.Invoke(path, _state.Step);
        _log.RestartClock();
        return path;
    }
}
