using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Evaluation.Samples;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation;

/// <summary>What a metric is measured on, and where.</summary>
public sealed record MetricContext
{
    /// <summary>How the network's output is read.</summary>
    public required DiffusionModel Model { get; init; }

    /// <summary>The network in evaluation mode: x_t (N, C, H, W) float32 and zero-based t (N,) int64 to (N, C', H, W).</summary>
    public required Func<Tensor, Tensor, Tensor> Network { get; init; }

    /// <summary>
    /// The same network told the class of each image, (N,) int64; null for a network that takes no labels. What is measured on labelled images asks it, with their
    /// true labels.
    /// </summary>
    public Func<Tensor, Tensor, Tensor, Tensor>? ConditionalNetwork { get; init; }

    /// <summary>Number of classes whose labels the network takes; 0 for none.</summary>
    public int LabelCount { get; init; }

    /// <summary>The images of a split.</summary>
    public required Func<Split, ImageSet> Images { get; init; }

    /// <summary>The root of the randomness.</summary>
    public required long Seed { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Called with (network evaluations of images done, in all); must return at once.</summary>
    public Action<long, long>? Progress { get; init; }

    /// <summary>Ends the work with <see cref="OperationCanceledException"/>, before the next network call.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>What the caller knows of the protocol: data, weights, checkpoint. A metric adds its own part to a copy.</summary>
    public JsonObject BaseProtocol { get; init; } = [];

    /// <summary>What metrics of samples are measured from; null where none were drawn.</summary>
    internal FeatureContext? Features { get; init; }
}
