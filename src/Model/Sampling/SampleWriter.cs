using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>Draws the samples of a spec from a trained network and writes them.</summary>
public static class SampleWriter
{
    /// <summary>Draws <c>sampling.count</c> images; image i depends on checkpoint, sampler, seed and i only.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="checkpoint">Path of a checkpoint of that run.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="folder">An existing folder to write <c>samples.png</c> and <c>samples.safetensors</c> to.</param>
    /// <param name="progress">Called with (network evaluations of images done, in all); must return at once.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="SpecException">The checkpoint belongs to another spec.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged.</exception>
    public static SampleSet Write(RunSpec spec, string checkpoint, string device, string folder, Action<long, long>? progress, CancellationToken stop)
    {
        using TrainedNetwork network = TrainedNetwork.Load(spec, checkpoint, device, spec.Sampling.Weights);
        SamplingSpec sampling = spec.Sampling;
        (int channels, int height, int width) = spec.Data.Shape;
        int size = channels * height * width;
        byte[] images = new byte[sampling.Count * size];
        Conditioning conditioning = new(sampling, network);
        int evaluations = sampling.Sampler.NetworkEvaluations(spec.Process.Timesteps) * conditioning.CallsPerStep;

        // Draw the images batch by batch.
        long done = 0;
        for (int first = 0; first < sampling.Count; first += sampling.BatchSize)
        {
            stop.ThrowIfCancellationRequested();
            int count = Math.Min(sampling.BatchSize, sampling.Count - first);
            using DisposeScope scope = NewDisposeScope();
            Tensor x0 = sampling.Sampler.Sample(network.Model, conditioning.Network(first, count, new Device(device)), new SampleRequest
            {
                Seed = spec.Seed,
                FirstIndex = first,
                Count = count,
                Shape = (channels, height, width),
                Device = device,
                OnNetworkCall = () => progress?.Invoke(done += count * conditioning.CallsPerStep, (long)evaluations * sampling.Count),
                Stop = stop,
            });
            Quantise(x0).CopyTo(images.AsSpan(first * size));
        }

        // Write them with where they come from.
        (int, int, int, int) shape = (sampling.Count, channels, height, width);
        string file = Path.Combine(folder, "samples.safetensors");
        SampleFile.Write(file, images, shape, new Dictionary<string, string>(conditioning.Protocol)
        {
            ["spec_hash"] = SpecJson.Hash(spec),
            ["step"] = network.Step.ToString(CultureInfo.InvariantCulture),
            ["weights"] = network.Weights,
        });
        string png = Path.Combine(folder, "samples.png");
        GridPicture.Write(images, shape, sampling.Columns, png);
        return new SampleSet(png, file, evaluations);
    }

    /// <summary>Turns images into bytes by rounding; truncating would shift levels 1 to 63 down by one.</summary>
    /// <param name="x">float32 about [-1, 1], any device; what lies outside is clamped.</param>
    internal static byte[] Quantise(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        return x.add(1).mul(127.5).round().clamp(0, 255).to(uint8).cpu().contiguous().bytes.ToArray();
    }
}
