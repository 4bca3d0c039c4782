using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>Gives the images of a sampling their labels and their guidance, behind a network of x_t and t alone: samplers know of neither.</summary>
/// <param name="sampling">Labels and scale.</param>
/// <param name="network">The trained network.</param>
internal sealed class Conditioning(SamplingSpec sampling, TrainedNetwork network)
{
    /// <summary>Calls of the real network for each call that the sampler makes.</summary>
    public int CallsPerStep => sampling.CallsPerStep(network.LabelCount);

    /// <summary>What the samples' file says of it; nothing for a network that takes no labels.</summary>
    public IReadOnlyDictionary<string, string> Protocol => network.LabelCount == 0
        ? new Dictionary<string, string>()
        : new Dictionary<string, string>
        {
            ["classes"] = string.Join(",", sampling.Classes ?? [.. Enumerable.Range(0, network.LabelCount)]),
            ["guidance_scale"] = sampling.GuidanceScale.ToString("R", CultureInfo.InvariantCulture),
        };

    /// <summary>The network for a batch of images.</summary>
    /// <param name="classes">The class of each image; a network without labels passes over them.</param>
    /// <param name="device">Where it is.</param>
    /// <returns>x_t (N, C, H, W) float32 and zero-based t (N,) int64 to (N, C', H, W). Its labels belong to the dispose scope in force.</returns>
    public Func<Tensor, Tensor, Tensor> Network(IReadOnlyList<long> classes, Device device)
    {
        if (network.LabelCount == 0 || sampling.GuidanceScale == 0)
            return network.Predict;
        Tensor labels = tensor([.. classes], dtype: ScalarType.Int64, device: device);
        Tensor Conditional(Tensor xt, Tensor t) => network.Predict(xt, t, labels);
        return sampling.GuidanceScale == 1 ? Conditional : (xt, t) => Guide(network.Model, Conditional(xt, t), network.Predict(xt, t), sampling.GuidanceScale);
    }

    /// <summary>Goes from the unconditional prediction towards the conditional one, and beyond.</summary>
    /// <param name="model">Which of the output's channels are the prediction.</param>
    /// <param name="conditional">The network's output with labels, (N, C', H, W).</param>
    /// <param name="unconditional">The same without.</param>
    /// <param name="scale">1 is the conditional prediction, 0 the unconditional one.</param>
    /// <returns>Shaped as the outputs; the caller disposes it.</returns>
    /// <remarks>
    /// Ho and Salimans 2022 (arXiv:2207.12598), eq. 6, whose w is s - 1. Written for eps, and the same for x_0, v and the mean, which at a given x_t are eps times
    /// a factor plus a constant. A learned variance is the conditional one's.
    /// </remarks>
    public static Tensor Guide(DiffusionModel model, Tensor conditional, Tensor unconditional, double scale)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor c = model.PredictionChannels(conditional);
        Tensor u = model.PredictionChannels(unconditional);
        Tensor guided = u + (c - u) * scale;
        long rest = conditional.shape[1] - guided.shape[1];
        return (rest == 0 ? guided : cat([guided, conditional.narrow(1, guided.shape[1], rest)], 1)).MoveToOuterDisposeScope();
    }
}
