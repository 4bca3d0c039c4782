using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Devices;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>Draws what a spec asks for from a trained network and writes it.</summary>
public static class SampleWriter
{
    private const int MostRows = 200; // about 13,800 pixels high; more is for a program, which reads the other file

    /// <summary>Draws in the mode of the spec; image i depends on checkpoint, spec, seed and i only.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="checkpoint">Path of a checkpoint of that run.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="dataFolder">Folder of data sets that are not shipped; null for the default.</param>
    /// <param name="folder">An existing folder to write <c>samples.png</c>, of the first 200 rows, and <c>samples.safetensors</c> to.</param>
    /// <param name="progress">Called with (network evaluations of images done, in all); must return at once.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SpecException">The checkpoint belongs to another spec, or the data have not the images that the mode begins from.</exception>
    /// <exception cref="InvalidDataException">The checkpoint or the data is damaged.</exception>
    public static SampleSet Write(
        RunSpec spec, string checkpoint, string device, string? dataFolder, string folder, Action<long, long>? progress, CancellationToken stop)
    {
        using IDisposable? exact = Tf32.Hold(device, allowed: false, stop);
        using TrainedNetwork network = TrainedNetwork.Load(spec, checkpoint, device, spec.Sampling.Weights, spec.Sampling.Checkpoint);
        SamplingSpec sampling = spec.Sampling;
        Conditioning conditioning = new(sampling, network);
        long all = sampling.Mode.NetworkEvaluations(sampling, spec.Process.Timesteps) * conditioning.CallsPerStep;
        long done = 0;

        // Draw, and count every image that the network is asked about.
        DrawnImages drawn = sampling.Mode.Draw(ContextOf(
            spec, sampling, network, conditioning, device, split => spec.Data.Load(split, dataFolder), evaluations => progress?.Invoke(done += evaluations, all), stop));

        // Write it with where it comes from.
        (int channels, int height, int width) = spec.Data.Shape;
        string file = Path.Combine(folder, "samples.safetensors");
        Dictionary<string, string> metadata = new(conditioning.Protocol)
        {
            ["spec_hash"] = SpecJson.Hash(spec),
            ["step"] = network.Step.ToString(CultureInfo.InvariantCulture),
            ["weights"] = network.Weights,
            ["mode"] = Kinds.NameOf(sampling.Mode),
        };
        if (network.Selected is not null)
            metadata["selected"] = network.Selected;
        foreach ((string name, string text) in drawn.Metadata)
            metadata[name] = text;
        SampleFile.Write(file, drawn.Images, (drawn.Images.Length / (channels * height * width), channels, height, width), metadata, drawn.Tensors);
        string png = Path.Combine(folder, "samples.png");
        GridPicture.WriteRows([.. drawn.Rows.Take(MostRows)], drawn.Headings, spec.Data.Shape, png);
        return new SampleSet(png, file, all) { Values = drawn.Values };
    }

    /// <summary>What a sampling of a trained network draws from.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="sampling">What is drawn.</param>
    /// <param name="network">The network.</param>
    /// <param name="conditioning">Its labels and guidance.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="images">The images of a split.</param>
    /// <param name="evaluated">Called with the network evaluations of images that were just made; must return at once.</param>
    /// <param name="stop">Ends the work.</param>
    internal static SampleContext ContextOf(
        RunSpec spec, SamplingSpec sampling, TrainedNetwork network, Conditioning conditioning, string device, Func<Split, ImageSet> images, Action<long> evaluated, CancellationToken stop)
    {
        return new SampleContext
        {
            Sampling = sampling,
            Model = network.Model,
            Network = Counted,
            LabelCount = network.LabelCount,
            Data = Kinds.NameOf(spec.Data),
            Images = images,
            Shape = spec.Data.Shape,
            Seed = spec.Seed,
            Device = device,
            Stop = stop,
            BaseProtocol = network.BaseProtocol(spec),
        };

        Func<Tensor, Tensor, Tensor> Counted(IReadOnlyList<long> labels)
        {
            Func<Tensor, Tensor, Tensor> ask = conditioning.Network(labels, new Device(device));
            return (xt, t) =>
            {
                Tensor output = ask(xt, t);
                evaluated(xt.shape[0] * conditioning.CallsPerStep);
                return output;
            };
        }
    }

    /// <summary>Turns images into bytes, as files have them.</summary>
    /// <param name="x">float32 about [-1, 1], any device; what lies outside is clamped.</param>
    internal static byte[] Quantise(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        return PixelLevels.Of(x).to(uint8).cpu().contiguous().bytes.ToArray();
    }
}
