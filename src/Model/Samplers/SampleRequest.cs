using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>Which samples to draw, and where. Sample i depends on network, sampler, seed and i only, not on how samples are batched.</summary>
public sealed record SampleRequest
{
    /// <summary>The root of the randomness.</summary>
    public required long Seed { get; init; }

    /// <summary>Number of the first sample.</summary>
    public long FirstIndex { get; init; }

    /// <summary>The number of each sample where they do not follow one another; those of one number get the same noise. Null for FirstIndex and on.</summary>
    public IReadOnlyList<long>? Indices { get; init; }

    /// <summary>Samples to draw, in one batch.</summary>
    public required int Count { get; init; }

    /// <summary>Channels, height and width in pixels.</summary>
    public required (int C, int H, int W) Shape { get; init; }

    /// <summary>Device name as libtorch writes it.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Called after every network call; must return at once.</summary>
    public Action? OnNetworkCall { get; init; }

    /// <summary>
    /// Gradient of ln p(y | x_t) by x_t, times a guidance scale: given x_t (Count, C, H, W) and zero-based t (Count,) as the network is, shaped as x_t; it
    /// belongs to the sampler. Null for no guidance. Called without gradients in force.
    /// </summary>
    /// <remarks>Dhariwal and Nichol 2021 (arXiv:2105.05233), section 4.</remarks>
    public Func<Tensor, Tensor, Tensor>? Guidance { get; init; }

    /// <summary>
    /// Called after every network call with the time it was made at, zero-based, and the predicted image (Count, C, H, W), clipped where the sampler clips;
    /// the tensor is the sampler's and lives until the call returns.
    /// </summary>
    public Action<double, Tensor>? OnPrediction { get; init; }

    /// <summary>
    /// Noise in place of drawn noise, to replay a recorded run or to begin from given latents: given the sampling step, zero-based, or -1 for x_T, it returns
    /// (Count, C, H, W) floating, which then belongs to the sampler; samples are computed in its type. Null draws it from the seed.
    /// </summary>
    public Func<int, Tensor>? ReplayedNoise { get; init; }

    /// <summary>Ends the work with <see cref="OperationCanceledException"/>, before the next network call.</summary>
    public CancellationToken Stop { get; init; }
}
