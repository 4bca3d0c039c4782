using System.Globalization;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Checkpoints;

/// <summary>The whole state of a training between two steps, in one safetensors file that carries its spec.</summary>
/// <remarks>Tensors: <c>model.NAME</c> the weights, <c>ema.0.NAME</c> their moving averages, <c>adam.m.NAME</c> and <c>adam.v.NAME</c> the optimiser's moments,
/// <c>log.NAME</c> the sums of the windows that are being logged and the steps that the loss has been over its bound,
/// <c>timesteps.losses</c> and <c>timesteps.counts</c> the last losses at each timestep where t is drawn by them.</remarks>
public sealed class Checkpoint : IDisposable
{
    private const string Format = "ddpmjobs.checkpoint/1";
    private const string ScheduleHashKey = "schedule_hash";
    private const string DataHashKey = "data_hash";
    private const string ConditionsKey = "conditions";
    private const string ValidationKey = "validation";
    private const string OriginPrefix = "imported_";

    private readonly SafetensorsFile _file;

    private Checkpoint(SafetensorsFile file)
    {
        _file = file;
        string format = Text("format");
        if (format != Format)
            throw file.Damaged($"its format is {format} instead of {Format}");
        SpecHash = Text("spec_hash");
        Step = Number("step");
        ImagesSeen = Number("images_seen");
    }

    /// <summary>The identity of the run it belongs to.</summary>
    public string SpecHash { get; }

    /// <summary>What <see cref="Diffusion.ScheduleHash"/> gave for its process when it was written; null in files older than this entry.</summary>
    public string? ScheduleHash => _file.Metadata.GetValueOrDefault(ScheduleHashKey);

    /// <summary>SHA-256 of the images that it was trained on; null for imported weights that were not trained on, and in files older than this entry.</summary>
    public string? DataHash => _file.Metadata.GetValueOrDefault(DataHashKey);

    /// <summary>How the validations of its training went, as JSON: values, protocols, the best so far, and whether the training ended early; null where there was none.</summary>
    public string? Validation => _file.Metadata.GetValueOrDefault(ValidationKey);

    /// <summary>What its training ran on, as JSON; null for imported weights that were not trained on, and in files older than this entry.</summary>
    public string? Conditions => _file.Metadata.GetValueOrDefault(ConditionsKey);

    /// <summary>Free text by name on where its first weights come from, as in <c>imported_sha256</c>; empty where they were drawn.</summary>
    public IReadOnlyDictionary<string, string> Origin =>
        _file.Metadata.Where(entry => entry.Key.StartsWith(OriginPrefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key, entry => entry.Value);

    /// <summary>Optimiser steps done.</summary>
    public long Step { get; }

    /// <summary>Images seen in training.</summary>
    public long ImagesSeen { get; }

    /// <summary>Opens a checkpoint and checks it as a whole.</summary>
    /// <exception cref="InvalidDataException">The file is damaged or no checkpoint; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Checkpoint Open(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        try
        {
            return new Checkpoint(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a checkpoint of one run.</summary>
    /// <exception cref="SpecException">It belongs to another spec, or to one whose schedule had another table of betas.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or no checkpoint.</exception>
    public static Checkpoint Open(string path, RunSpec spec)
    {
        Checkpoint checkpoint = Open(path);
        try
        {
            string hash = SpecJson.Hash(spec);
            if (checkpoint.SpecHash != hash)
                throw new SpecException("", $"the checkpoint {path} belongs to another spec: its hash is {checkpoint.SpecHash}, this one's is {hash}");
            checkpoint.RequireSchedule(spec.Process, path);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Writes a checkpoint, replacing the file atomically.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="spec">The run.</param>
    /// <param name="step">Optimiser steps done.</param>
    /// <param name="tensors">Every tensor by name; float32, any device.</param>
    /// <param name="dataHash">SHA-256 of the images that it was trained on; null where they are not known.</param>
    /// <param name="origin">Free text on where the first weights come from; its names begin with <c>imported_</c>.</param>
    /// <param name="validation">How the validations of its training went; null where there was none.</param>
    /// <param name="conditions">What its training ran on, as JSON; null where it was not trained.</param>
    public static void Write(
        string path, RunSpec spec, long step, IEnumerable<(string Name, Tensor Value)> tensors, string? dataHash = null, IReadOnlyDictionary<string, string>? origin = null,
        string? validation = null, string? conditions = null)
    {
        Dictionary<string, string> metadata = new(origin ?? new Dictionary<string, string>())
        {
            ["format"] = Format,
            ["spec"] = SpecJson.Canonical(spec),
            ["spec_hash"] = SpecJson.Hash(spec),
            [ScheduleHashKey] = Diffusion.ScheduleHash.Of(spec.Process),
            ["step"] = step.ToString(CultureInfo.InvariantCulture),
            ["images_seen"] = (step * spec.Training.BatchSize).ToString(CultureInfo.InvariantCulture),
        };
        if (dataHash is not null)
            metadata[DataHashKey] = dataHash;
        if (validation is not null)
            metadata[ValidationKey] = validation;
        if (conditions is not null)
            metadata[ConditionsKey] = conditions;
        Safetensors.Write(path, metadata, [.. tensors.Select(tensor =>
            new SafetensorContent(tensor.Name, SafetensorType.F32, tensor.Value.shape, stream => WriteBytes(tensor.Value, stream)))]);
    }

    /// <summary>The run it belongs to, as the file carries it.</summary>
    /// <exception cref="InvalidDataException">The spec is not the one that the hash names: it was altered, or another version of this program filled in other defaults.</exception>
    /// <exception cref="SpecException">Its schedule had another table of betas.</exception>
    public RunSpec ReadSpec()
    {
        RunSpec spec;
        try
        {
            spec = SpecJson.ReadText<RunSpec>(Text("spec"));
        }
        catch (SpecException error)
        {
            throw _file.Damaged($"its spec cannot be read ({error.Message.TrimEnd('.')})");
        }

        string hash = SpecJson.Hash(spec);
        if (hash != SpecHash)
            throw _file.Damaged($"its spec has the hash {hash} and not {SpecHash}; it was altered, or written by another version");
        RequireSchedule(spec.Process, _file.Path);
        return spec;
    }

    /// <summary>Copies a tensor of the file into one in memory.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="destination">float32 of the same shape, any device.</param>
    /// <exception cref="InvalidDataException">It is not there, or of another shape.</exception>
    public void CopyTo(string name, Tensor destination)
    {
        SafetensorEntry entry = _file.Find(name, SafetensorType.F32);
        if (!entry.Shape.SequenceEqual(destination.shape))
            throw _file.Damaged($"tensor {name} has shape [{string.Join(", ", entry.Shape)}] instead of [{string.Join(", ", destination.shape)}]");
        float[] values = new float[entry.Length / sizeof(float)];
        _file.Read(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        using IDisposable quiet = no_grad();
        using Tensor source = tensor(values, destination.shape);
        destination.copy_(source);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // The same spec may mean another table in another version of this program; weights that were trained by one are not read by the other.
    private void RequireSchedule(ProcessSpec process, string path)
    {
        string now = Diffusion.ScheduleHash.Of(process);
        if (ScheduleHash is string then && then != now)
        {
            throw new SpecException("process.schedule", $"the checkpoint {path} was made with other betas than this version computes for {Kinds.NameOf(process.Schedule)} "
                + $"at {process.Timesteps} timesteps: their SHA-256 was {then}, and is {now}; use the version that made it, or train anew");
        }
    }

    private static void WriteBytes(Tensor value, Stream stream)
    {
        using IDisposable quiet = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        Tensor host = value.detach().cpu().contiguous();
        stream.Write(host.bytes);
    }

    private long Number(string name) =>
        long.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number : throw _file.Damaged($"its {name} is \"{Text(name)}\"");

    private string Text(string name) =>
        _file.Metadata.TryGetValue(name, out string? text) ? text : throw _file.Damaged($"its header has no {name}; it is no checkpoint");
}
