using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Exchange;

/// <summary>Makes a checkpoint of a run from weights that another program trained.</summary>
public static class CheckpointImport
{
    /// <summary>Reads weights and writes a checkpoint that holds them as the weights and as each of their moving averages, with the optimiser at its start.</summary>
    /// <param name="spec">The run: its network, its process and the shape of its data must be those that the weights were trained for.</param>
    /// <param name="source">A safetensors file, the index of a sharded one, a torch.save file, or a diffusers folder.</param>
    /// <param name="prefix">What stands before the names in a larger file, as in <c>0.module.</c>; null for nothing, or for a <c>module.</c> that all names have.</param>
    /// <param name="step">Optimiser steps that the weights count as trained for: <c>training.steps</c> to evaluate and sample them, 0 to train on from them.</param>
    /// <param name="target">The checkpoint to write; its folder exists.</param>
    /// <exception cref="InvalidDataException">The source is damaged or does not fit the run; the message names the file and the tensors.</exception>
    /// <exception cref="SpecException">The run is impossible.</exception>
    public static ImportReport Import(RunSpec spec, string source, string? prefix, long step, string target)
    {
        (int channels, int height, int _) = spec.Data.Shape;
        int outChannels = DiffusionModel.From(spec.Process).OutputChannels(channels);

        // A folder says what its network and its process are: hold that against the run.
        string weights = source;
        if (Directory.Exists(source))
        {
            DiffusersFolder folder = DiffusersFolder.Open(source);
            weights = folder.Weights;
            if (DiffusersUnet.WhyNot(spec.Network, height) is string reason)
                throw new SpecException("network", reason);
            JsonObject ours = DiffusersUnet.Config(spec.Network, channels, outChannels, height, spec.Training.LabelDropout > 0);
            DiffusersFolder.Compare(folder.UnetConfig, config => DiffusersUnet.Differences(config, ours));
            if (folder.SchedulerConfig is not null)
                DiffusersFolder.Compare(folder.SchedulerConfig, config => DiffusersScheduler.Differences(config, spec.Process));
        }

        using StateDict dict = StateDict.Open(weights);
        using TrainingState state = new(spec, outChannels, CPU);
        ImportReport report = Fill(state, dict, spec, prefix);
        using (DisposeScope scope = NewDisposeScope())
        {
            foreach (Tensor average in state.Averages)
                average.copy_(state.Values);
        }

        state.Step = step;
        state.Origin = new Dictionary<string, string> { ["imported_from"] = report.Naming, ["imported_file"] = Path.GetFileName(weights), ["imported_sha256"] = Hash(weights) };
        state.Save(target);
        return report;
    }

    private static ImportReport Fill(TrainingState state, StateDict dict, RunSpec spec, string? prefix)
    {
        prefix ??= dict.Tensors.Keys.All(name => name.StartsWith("module.", StringComparison.Ordinal)) ? "module." : "";
        Dictionary<string, ForeignTensor> theirs = dict.Tensors.Values.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[prefix.Length..], StringComparer.Ordinal);
        (string Name, Parameter Value)[] parameters = [.. state.Network.named_parameters().Select(parameter => (parameter.name, parameter.parameter))];
        (string Name, IReadOnlyList<long> Shape)[] ours = [.. parameters.Select(parameter => (parameter.Name, (IReadOnlyList<long>)parameter.Value.shape))];
        Network network = spec.Network;
        IReadOnlyList<TensorNaming> namings = TensorNaming.All(spec.Training.LabelDropout > 0);
        string Elsewhere() => NamePrefixes.Hint(ours, dict.Tensors.Keys, namings, network, prefix);
        TensorNaming naming = Recognise(ours, theirs.Keys, namings, network) ?? throw dict.Damaged(
            $"it holds none of the tensors of {Kinds.NameOf(network)}{(prefix.Length > 0 ? $" behind \"{prefix}\"" : "")}; its first is {dict.Tensors.Keys.First()}{Elsewhere()}");

        // Find a tensor for every parameter, and a parameter for every tensor.
        TensorMatch match = TensorMatch.Of(ours, theirs, naming, network);
        if (match.WhatIsWrong is string wrong)
            throw new InvalidDataException($"{dict.Path} does not fit the run's {Kinds.NameOf(network)} by the names of {naming.Program}: {wrong}{Elsewhere()}.");

        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        float[]? noLabel = null;
        foreach ((string name, Parameter value) in parameters)
        {
            float[] values = new float[value.numel()];
            foreach ((TensorPart part, ForeignTensor found) in match.Found[name])
            {
                float[] read = dict.ReadFloats(found);
                if (!read.All(float.IsFinite))
                    throw dict.Damaged($"tensor {found.Name} holds values that are not finite");
                part.Read(read, values, value.shape[0]);
                noLabel = part.MoreRows > 0 ? read[values.Length..] : noLabel;
            }

            value.copy_(tensor(values, value.shape));
        }

        if (noLabel is not null && noLabel.Any(element => element != 0))
            MoveNoLabel(parameters, naming, network, tensor(noLabel));
        ForeignTensor[] used = [.. match.Found.Values.SelectMany(parts => parts).Select(part => part.Tensor)];
        return new ImportReport(dict.Path, naming.Program, used.Length, parameters.Sum(parameter => parameter.Value.numel()), used.Count(tensor => tensor.Type == Checkpoints.SafetensorType.F64));
    }

    // An image without a label adds zero here; what it adds there is the same for all, and goes into the bias before it.
    private static void MoveNoLabel((string Name, Parameter Value)[] parameters, TensorNaming naming, Network network, Tensor noLabel)
    {
        foreach ((string name, Parameter value) in parameters)
        {
            switch (naming.PartsOf(name, value.shape, network)[0].Names[0])
            {
                case "class_embedding.weight": value.sub_(noLabel); break;
                case "time_embedding.linear_2.bias": value.add_(noLabel); break;
                default: break;
            }
        }
    }

    // The naming that explains most names; null when none explains any.
    private static TensorNaming? Recognise(
        (string Name, IReadOnlyList<long> Shape)[] ours, IEnumerable<string> theirs, IReadOnlyList<TensorNaming> namings, Network network)
    {
        HashSet<string> names = theirs.ToHashSet(StringComparer.Ordinal);
        return namings.Where(naming => naming.Has(network))
            .Select(naming => (Naming: naming, Known: ours.Count(parameter => naming.PartsOf(parameter.Name, parameter.Shape, network).Any(part => part.Names.Any(names.Contains)))))
            .Where(candidate => candidate.Known > 0)
            .OrderByDescending(candidate => candidate.Known)
            .FirstOrDefault().Naming;
    }

    private static string Hash(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
