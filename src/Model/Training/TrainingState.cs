using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>All that a training carries from one step to the next. There is no generator among it: randomness is a function of seed and step.</summary>
internal sealed class TrainingState : IDisposable
{
    private readonly RunSpec _spec;
    private readonly FlatParameters _parameters;

    /// <summary>Builds the state before the first step.</summary>
    public TrainingState(RunSpec spec, int outChannels, Device device)
    {
        _spec = spec;
        (int channels, int height, int _) = spec.Data.Shape;
        Dropout = new DropoutContext(spec.Seed);
        Network = spec.Network.Build(channels, outChannels, height, spec.Seed, Dropout);
        _parameters = new FlatParameters(Network, device);
        Slots = [.. spec.Training.Optimizer.Slots.Select(_ => FlatParameters.Like(_parameters.Gradients))];
        Averages = [.. spec.Training.Ema.Select(_ => FlatParameters.Like(_parameters.Values))];
        int kept = spec.Training.TimestepSampler.LossesPerTimestep;
        LossHistory = kept > 0 ? new LossHistory(spec.Process.Timesteps, kept) : null;
        Watch = new DivergenceWatch(spec.Training.Divergence);
        LossByQuartile = new BinnedLosses(4, spec.Process.Timesteps);
        LossByT = new BinnedLosses(Math.Min(TrainingPoints.LossBins, spec.Process.Timesteps), spec.Process.Timesteps);
    }

    /// <summary>Optimiser steps done.</summary>
    public long Step { get; set; }

    /// <summary>The network, in training mode.</summary>
    public nn.Module<Tensor, Tensor, Tensor> Network { get; }

    /// <summary>Draws the network's dropout masks.</summary>
    public DropoutContext Dropout { get; }

    /// <summary>All weights, (P,) float32.</summary>
    public Tensor Values => _parameters.Values;

    /// <summary>Their gradients, (P,) float32.</summary>
    public Tensor Gradients => _parameters.Gradients;

    /// <summary>The optimiser's buffers.</summary>
    public IReadOnlyList<Tensor> Slots { get; }

    /// <summary>The moving averages of the weights, in the order of the spec.</summary>
    public IReadOnlyList<Tensor> Averages { get; }

    /// <summary>The last losses at each timestep, where the timestep sampler draws by them.</summary>
    public LossHistory? LossHistory { get; }

    /// <summary>Decides whether the training has diverged.</summary>
    public DivergenceWatch Watch { get; }

    /// <summary>The losses of the window that is being logged, by quarters of t.</summary>
    public BinnedLosses LossByQuartile { get; }

    /// <summary>The losses of the longer window that is being logged, by finer bins of t.</summary>
    public BinnedLosses LossByT { get; }

    /// <summary>SHA-256 of the images that it is trained on; null for weights whose data are not known.</summary>
    public string? DataHash { get; set; }

    /// <summary>Free text by name, on where the first weights come from; empty where they were drawn.</summary>
    public IReadOnlyDictionary<string, string> Origin { get; set; } = new Dictionary<string, string>();

    /// <summary>How the validations went so far.</summary>
    public ValidationProgress Validation { get; set; } = ValidationProgress.None;

    /// <summary>What its steps ran under; none where it was not trained here.</summary>
    public ConditionsHistory Conditions { get; set; } = ConditionsHistory.None;

    /// <summary>Writes the state to a file.</summary>
    public void Save(string path)
    {
        using DisposeScope scope = NewDisposeScope();
        Write(path, Step, Named(Buffers()), Parts(), Validation);
    }

    /// <summary>Writes a state of this training to a file: what changes from step to step is given, what does not is added.</summary>
    public void Write(
        string path, long step, IEnumerable<(string Name, Tensor Value)> tensors, IEnumerable<(string Name, float[] Values, long[] Shape)> parts, ValidationProgress validation)
    {
        using DisposeScope scope = NewDisposeScope();
        Checkpoint.Write(path, _spec, step, [.. tensors, .. parts.Select(part => (part.Name, tensor(part.Values, part.Shape)))], DataHash, Origin, validation.Text, Conditions.Text);
    }

    /// <summary>Takes the state from a file of the same spec.</summary>
    public void Load(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path, _spec);
        RequireSameData(checkpoint, path);
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Tensor value) in Named(Buffers()))
            checkpoint.CopyTo(name, value);
        foreach ((string name, float[] values, long[] shape) in Parts())
        {
            Tensor part = zeros(shape);
            checkpoint.CopyTo(name, part);
            part.data<float>().ToArray().CopyTo(values, 0);
        }

        Step = checkpoint.Step;
        Origin = checkpoint.Origin;
        Validation = ValidationProgress.Read(checkpoint.Validation, path);
        Conditions = ConditionsHistory.Read(checkpoint.Conditions, path);
    }

    /// <summary>The buffers that change from step to step, each with what its tensors' names in a checkpoint begin with.</summary>
    public IEnumerable<(string Prefix, Tensor Buffer)> Buffers()
    {
        Optimizer optimizer = _spec.Training.Optimizer;
        return
        [
            (WeightChoice.PrefixOf(WeightChoice.Raw), Values),
            .. Averages.Select((average, i) => ($"ema.{i}", average)),
            .. Slots.Select((slot, i) => ($"{optimizer.Kind}.{optimizer.Slots[i]}", slot)),
        ];
    }

    /// <summary>Cuts buffers into the tensors of a checkpoint, which share their memory; the caller disposes them.</summary>
    public IEnumerable<(string Name, Tensor Value)> Named(IEnumerable<(string Prefix, Tensor Buffer)> buffers) =>
        buffers.SelectMany(buffer => _parameters.Split(buffer.Buffer).Select(tensor => ($"{buffer.Prefix}.{tensor.Name}", tensor.Value)));

    /// <summary>The weights, or a moving average of them, by their names in the network; they share the state's memory, and the caller disposes them.</summary>
    /// <param name="weights">As <see cref="WeightChoice"/> has it.</param>
    public IEnumerable<(string Name, Tensor Value)> NamedWeights(string weights) =>
        _parameters.Split(Buffers().Single(buffer => buffer.Prefix == WeightChoice.PrefixOf(weights)).Buffer);

    /// <summary>What else changes from step to step: small, and not on the device.</summary>
    public IEnumerable<(string Name, float[] Values, long[] Shape)> Parts()
    {
        yield return ("log.steps_over", Watch.StepsOver, [1]);
        yield return ("log.loss_by_quartile", LossByQuartile.State, [LossByQuartile.Count, BinnedLosses.FloatsPerBin]);
        yield return ("log.loss_by_t", LossByT.State, [LossByT.Count, BinnedLosses.FloatsPerBin]);
        if (LossHistory is null)
            yield break;
        yield return ("timesteps.losses", LossHistory.Losses, [LossHistory.Timesteps, LossHistory.PerTimestep]);
        yield return ("timesteps.counts", LossHistory.Counts, [LossHistory.Timesteps]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor buffer in Slots.Concat(Averages))
            buffer.Dispose();
        _parameters.Dispose();
        Network.Dispose();
    }

    // Trained on with other images, it would silently be another experiment. Weights that were imported, and older files, do not say what they were trained on.
    private void RequireSameData(Checkpoint checkpoint, string path)
    {
        if (checkpoint.DataHash is string there && DataHash is string here && there != here)
        {
            throw new SpecException("data", $"the checkpoint {path} was trained on other images than {Kinds.NameOf(_spec.Data)} gives now: their content hash was {there}, "
                + $"and is {here}; put the files back as they were, or train anew as another run");
        }
    }
}
