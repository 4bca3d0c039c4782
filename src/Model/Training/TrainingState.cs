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

    /// <summary>SHA-256 of the images that it is trained on; null for weights whose data are not known.</summary>
    public string? DataHash { get; init; }

    /// <summary>Free text by name, on where the first weights come from; empty where they were drawn.</summary>
    public IReadOnlyDictionary<string, string> Origin { get; set; } = new Dictionary<string, string>();

    /// <summary>What its steps ran under; none where it was not trained here.</summary>
    public ConditionsHistory Conditions { get; set; } = ConditionsHistory.None;

    /// <summary>Writes the state to a file.</summary>
    public void Save(string path)
    {
        using DisposeScope scope = NewDisposeScope();
        IEnumerable<(string, Tensor)> history = HistoryParts().Select(part => (part.Name, tensor(part.Values, part.Shape)));
        Checkpoint.Write(path, _spec, Step, [.. Tensors(), .. history], DataHash, Origin, Conditions.Text);
    }

    /// <summary>Takes the state from a file of the same spec.</summary>
    public void Load(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path, _spec);
        RequireSameData(checkpoint, path);
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Tensor value) in Tensors())
            checkpoint.CopyTo(name, value);
        foreach ((string name, float[] values, long[] shape) in HistoryParts())
        {
            Tensor part = zeros(shape);
            checkpoint.CopyTo(name, part);
            part.data<float>().ToArray().CopyTo(values, 0);
        }

        Step = checkpoint.Step;
        Origin = checkpoint.Origin;
        Conditions = ConditionsHistory.Read(checkpoint.Conditions, path);
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

    private IEnumerable<(string Name, Tensor Value)> Tensors()
    {
        Optimizer optimizer = _spec.Training.Optimizer;
        IEnumerable<(string Prefix, Tensor Buffer)> buffers =
        [
            ("model", Values),
            .. Averages.Select((average, i) => ($"ema.{i}", average)),
            .. Slots.Select((slot, i) => ($"{optimizer.Kind}.{optimizer.Slots[i]}", slot)),
        ];
        return buffers.SelectMany(buffer => _parameters.Split(buffer.Buffer).Select(tensor => ($"{buffer.Prefix}.{tensor.Name}", tensor.Value)));
    }

    private IEnumerable<(string Name, float[] Values, long[] Shape)> HistoryParts() => LossHistory is null ? [] :
    [
        ("timesteps.losses", LossHistory.Losses, [LossHistory.Timesteps, LossHistory.PerTimestep]),
        ("timesteps.counts", LossHistory.Counts, [LossHistory.Timesteps]),
    ];
}
