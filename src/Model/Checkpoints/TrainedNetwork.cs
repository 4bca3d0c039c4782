using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Checkpoints;

/// <summary>A network with the weights that are evaluated and sampled, in evaluation mode, and how its output is read.</summary>
public sealed class TrainedNetwork : IDisposable
{
    private readonly nn.Module<Tensor, Tensor, Tensor> _network;
    private readonly FirstPass _first = new();
    private readonly bool _knowsNoLabel;

    private TrainedNetwork(RunSpec spec, string device, string weights)
    {
        (int channels, int height, int _) = spec.Data.Shape;
        Model = DiffusionModel.From(spec.Process);
        Weights = weights;
        LabelCount = spec.Network.LabelCount;
        _knowsNoLabel = spec.Training.LabelDropout > 0;
        _network = spec.Network.Build(channels, Model.OutputChannels(channels), height, spec.Seed, new DropoutContext(spec.Seed));
        _network.to(new Device(device));
        _network.eval();
    }

    /// <summary>The process, and how the network's output becomes p(x_t-1 | x_t).</summary>
    public DiffusionModel Model { get; }

    /// <summary>Which weights these are: <c>raw</c>, or <c>ema.0</c> for the first moving average and so on.</summary>
    public string Weights { get; }

    /// <summary>Optimiser steps that they were trained for.</summary>
    public long Step { get; private init; }

    /// <summary>What it was selected by, as in <c>best of validation/nll, protocol 0123456789abcdef</c>; null where it was not.</summary>
    public string? Selected { get; private init; }

    /// <summary>Loads a network from a checkpoint of its run.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="checkpoint">Path of the checkpoint.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="weights">Which weights: <c>raw</c>, or <c>ema.0</c> for the first moving average and so on.</param>
    /// <param name="choice">Which state of the training the checkpoint must hold.</param>
    /// <exception cref="SpecException">The checkpoint belongs to another spec or schedule.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged, or not the best up to its step although that is what it must hold.</exception>
    public static TrainedNetwork Load(RunSpec spec, string checkpoint, string device, string weights = WeightChoice.FirstEma, CheckpointChoice choice = CheckpointChoice.Last)
    {
        using DisposeScope scope = NewDisposeScope();
        using Checkpoint file = Checkpoint.Open(checkpoint, spec);
        TrainedNetwork network = new(spec, device, weights) { Step = file.Step, Selected = choice == CheckpointChoice.Best ? SelectionOf(file, spec, checkpoint) : null };
        foreach ((string name, Parameter parameter) in network._network.named_parameters())
        {
            using IDisposable quiet = no_grad();
            parameter.set_(LastChannels.Weight(empty_like(parameter).view(-1), parameter.shape));
            file.CopyTo($"{WeightChoice.PrefixOf(weights)}.{name}", parameter);
        }

        return network.Detached();
    }

    /// <summary>Makes a network of weights in memory. It shares them: when they change, so does the network.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="values">The weights by their names in the network, on the device; disposing them does not harm the network.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="weights">What they are: <c>raw</c>, or <c>ema.0</c> for the first moving average and so on.</param>
    internal static TrainedNetwork Over(RunSpec spec, IEnumerable<(string Name, Tensor Value)> values, string device, string weights)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        TrainedNetwork network = new(spec, device, weights);
        Dictionary<string, Parameter> parameters = network._network.named_parameters().ToDictionary(parameter => parameter.name, parameter => parameter.parameter);
        foreach ((string name, Tensor value) in values)
            parameters[name].set_(value);
        return network.Detached();
    }

    /// <summary>Number of classes whose labels it takes; 0 for none.</summary>
    public int LabelCount { get; }

    /// <summary>What is known of how values of this network are measured: the data, which weights, and what it was selected by.</summary>
    internal JsonObject BaseProtocol(RunSpec spec)
    {
        JsonObject protocol = new() { ["data"] = Kinds.NameOf(spec.Data), ["weights"] = Weights };
        if (Selected is not null)
            protocol["selected"] = Selected;
        return protocol;
    }

    /// <summary>Calls the network without labels, and without keeping anything for a gradient.</summary>
    /// <param name="xt">x_t, (N, C, H, W) float32.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <returns>(N, C', H, W) float32; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">It was trained with every label, and so never learned to do without.</exception>
    public Tensor Predict(Tensor xt, Tensor t) => Predict(xt, t, null);

    /// <summary>Calls the network with labels, and without keeping anything for a gradient.</summary>
    /// <param name="xt">x_t, (N, C, H, W) float32.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="labels">Class of each image, (N,) int64; null for none.</param>
    /// <returns>(N, C', H, W) float32; the caller disposes it.</returns>
    /// <exception cref="InvalidOperationException">There are no labels, and it was trained with every label.</exception>
    public Tensor Predict(Tensor xt, Tensor t, Tensor? labels)
    {
        if (labels is null && LabelCount > 0 && !_knowsNoLabel)
            throw new InvalidOperationException("The network was trained with the label of every image: without labels it would answer with nonsense.");
        using IDisposable quiet = no_grad();
        using Lock.Scope alone = _first.Enter(xt.shape[0]);
        return Model.ByTimestep(ConditionalModule.Given(_network, labels))(xt, t);
    }

    /// <inheritdoc/>
    public void Dispose() => _network.Dispose();

    private static string SelectionOf(Checkpoint file, RunSpec spec, string path)
    {
        string metric = spec.Training.Validation!.Metrics[0].Name;
        ValidationProgress progress = ValidationProgress.Read(file.Validation, path);
        CheckpointSelection selection = progress.Selections.FirstOrDefault(selection => selection.Metric == metric && selection.Step == file.Step)
            ?? throw new InvalidDataException($"{path} cannot be used: at its step {file.Step} validation/{metric} was not the best so far.");
        return $"best of validation/{metric}, protocol {selection.ProtocolDigest}";
    }

    private TrainedNetwork Detached()
    {
        foreach (Parameter parameter in _network.parameters())
            parameter.DetachFromDisposeScope();
        return this;
    }
}
