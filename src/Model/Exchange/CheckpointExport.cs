using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Exchange;

/// <summary>Writes a checkpoint as a pipeline that diffusers can load.</summary>
public static class CheckpointExport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the folder: the process under <c>scheduler</c>, the network under <c>unet</c>, and <c>model_index.json</c>, unless the network takes labels, which no pipeline there gives it.</summary>
    /// <param name="checkpoint">A checkpoint of ours.</param>
    /// <param name="weights">Which weights: <c>model</c>, or <c>ema.0</c> for their first moving average.</param>
    /// <param name="folder">The folder to make; it must not be there yet, or be empty.</param>
    /// <returns>The run.</returns>
    /// <exception cref="InvalidDataException">The checkpoint is damaged, or has no such weights.</exception>
    /// <exception cref="SpecException">Diffusers has no counterpart of the run's network or process.</exception>
    /// <exception cref="IOException">The folder is there and not empty.</exception>
    public static RunSpec Export(string checkpoint, string weights, string folder)
    {
        using Checkpoint file = Checkpoint.Open(checkpoint);
        RunSpec spec = file.ReadSpec();

        // Refuse what has no counterpart before anything is written.
        if (DiffusersUnet.WhyNot(spec.Network, spec.Data.Shape.H) is string noNetwork)
            throw new SpecException("network", noNetwork);
        if (DiffusersScheduler.WhyNot(spec.Process) is string noProcess)
            throw new SpecException("process", noProcess);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(target) || (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()))
            throw new IOException($"{folder} is there already; nothing is written over it");

        // Write beside it, and show it whole.
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.CreateVersion7():N}.tmp");
        try
        {
            Directory.CreateDirectory(Path.Combine(temporary, "unet"));
            Directory.CreateDirectory(Path.Combine(temporary, "scheduler"));
            if (spec.Network.LabelCount == 0)
                WriteJson(Path.Combine(temporary, "model_index.json"), Pipeline());
            WriteJson(Path.Combine(temporary, "scheduler", "scheduler_config.json"), DiffusersScheduler.Config(spec.Process, spec.Sampling.Sampler));
            WriteUnet(file, spec, weights, Path.Combine(temporary, "unet"));
            if (Directory.Exists(target))
                Directory.Delete(target);
            Directory.Move(temporary, target);
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
        }

        return spec;
    }

    private static JsonObject Pipeline() => new()
    {
        ["_class_name"] = "DDPMPipeline",
        ["_diffusers_version"] = DiffusersFolder.Version,
        ["scheduler"] = new JsonArray("diffusers", "DDPMScheduler"),
        ["unet"] = new JsonArray("diffusers", "UNet2DModel"),
    };

    private static void WriteUnet(Checkpoint file, RunSpec spec, string weights, string folder)
    {
        (int channels, int size, int _) = spec.Data.Shape;
        int outChannels = DiffusionModel.From(spec.Process).OutputChannels(channels);
        bool knowsNoLabel = spec.Training.LabelDropout > 0;
        WriteJson(Path.Combine(folder, "config.json"), DiffusersUnet.Config(spec.Network, channels, outChannels, size, knowsNoLabel));

        // Fill a network of that shape, and write its parameters under their other names.
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> network = spec.Network.Build(channels, outChannels, size, spec.Seed, new DropoutContext(spec.Seed));
        TensorNaming naming = TensorNaming.All(knowsNoLabel).First(naming => naming is not OwnNaming && naming.Has(spec.Network));
        List<SafetensorContent> contents = [];
        foreach ((string name, Parameter parameter) in network.named_parameters())
        {
            IReadOnlyList<TensorPart> parts = naming.PartsOf(name, parameter.shape, spec.Network);
            if (parts.Count == 0)
                throw new SpecException("network", $"diffusers has no counterpart of its parameter {name}");
            file.CopyTo($"{weights}.{name}", parameter);
            float[] values = parameter.detach().data<float>().ToArray();
            foreach (TensorPart part in parts)
                contents.Add(new SafetensorContent(part.Names[0], SafetensorType.F32, part.Shape, stream => stream.Write(Elements.ToBytes(part.Write(values, parameter.shape[0])))));
        }

        // Readers of PyTorch's world ask for this word.
        Safetensors.Write(Path.Combine(folder, DiffusersFolder.WeightsName), new Dictionary<string, string> { ["format"] = "pt" }, contents);
    }

    private static void WriteJson(string path, JsonObject json) =>
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(json.ToJsonString(Indented) + "\n")));
}
