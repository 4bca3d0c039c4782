using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>What a sample mode draws from, and where.</summary>
public sealed record SampleContext
{
    /// <summary>What is drawn.</summary>
    public required SamplingSpec Sampling { get; init; }

    /// <summary>How the network's output is read.</summary>
    public required DiffusionModel Model { get; init; }

    /// <summary>
    /// Gives the network for a batch with these labels, one an image, which a network without labels passes over: x_t (N, C, H, W) float32 and zero-based t (N,)
    /// to (N, C', H, W). What it keeps belongs to the dispose scope in force.
    /// </summary>
    public required Func<IReadOnlyList<long>, Func<Tensor, Tensor, Tensor>> Network { get; init; }

    /// <summary>Number of classes whose labels the network takes; 0 for none.</summary>
    public int LabelCount { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string Data { get; init; }

    /// <summary>The images of a split.</summary>
    public required Func<Split, ImageSet> Images { get; init; }

    /// <summary>Channels, height and width of an image, in pixels.</summary>
    public required (int C, int H, int W) Shape { get; init; }

    /// <summary>The root of the randomness.</summary>
    public required long Seed { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Ends the work with <see cref="OperationCanceledException"/>, before the next network call.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>What the caller knows of the protocol of a measured value: data, weights. A mode adds its own part to a copy.</summary>
    public JsonObject BaseProtocol { get; init; } = [];

    /// <summary>C * H * W.</summary>
    public int ImageSize => Shape.C * Shape.H * Shape.W;

    /// <summary>The numbers 0 to count - 1 in batches of <c>sampling.batch_size</c>.</summary>
    public IEnumerable<int[]> Batches(int count) => Enumerable.Range(0, count).Chunk(Sampling.BatchSize);

    /// <summary>The label of an image that has none of its own: the classes of the spec in turn, or every class.</summary>
    /// <param name="image">Its number.</param>
    public long LabelOf(long image) =>
        Sampling.Classes is { } classes ? classes[(int)(image % classes.Count)] : LabelCount == 0 ? 0 : image % LabelCount;

    /// <summary>The labels of images of a set; zeros for a network that takes none.</summary>
    /// <param name="images">The set.</param>
    /// <param name="indices">Which images.</param>
    /// <exception cref="SpecException">The set has no labels, or one that the network does not know.</exception>
    public long[] LabelsOf(ImageSet images, int[] indices) => LabelCount == 0 ? new long[indices.Length] : images.LabelsOf(indices, LabelCount);

    /// <summary>A request for one batch.</summary>
    /// <param name="numbers">The number of each sample, which decides its noise.</param>
    public SampleRequest Request(IReadOnlyList<long> numbers) => new()
    {
        Seed = Seed,
        Indices = numbers,
        Count = numbers.Count,
        Shape = Shape,
        Device = Device,
        Stop = Stop,
    };
}
