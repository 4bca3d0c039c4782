using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Which samples to draw, and where. Sample i depends on network, sampler, seed and i only, not on how samples are batched.</summary>
public sealed record SampleRequest
{
    /// <summary>The root of the randomness.</summary>
    public required long Seed { get; init; }

    /// <summary>Number of the first sample.</summary>
    public long FirstIndex { get; init; }

    /// <summary>Samples to draw, in one batch.</summary>
    public required int Count { get; init; }

    /// <summary>Channels, height and width in pixels.</summary>
    public required (int C, int H, int W) Shape { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Called after every network call; must return at once.</summary>
    public Action? OnNetworkCall { get; init; }

    /// <summary>
    /// Noise in place of drawn noise, to replay a recorded run: given the sampling step, zero-based, or -1 for x_T, it returns
    /// (Count, C, H, W) float32, which then belongs to the sampler. Null draws it from the seed.
    /// </summary>
    public Func<int, Tensor>? ReplayedNoise { get; init; }

    /// <summary>Ends the work with <see cref="OperationCanceledException"/>, before the next network call.</summary>
    public CancellationToken Stop { get; init; }
}
