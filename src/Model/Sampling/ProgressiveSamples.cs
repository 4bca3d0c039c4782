using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>Samples, and the images that the network saw in them on the way. Whoever asked for it disposes its tensors.</summary>
/// <param name="Samples">(N, C, H, W).</param>
/// <param name="Times">The zero-based time that each recorded prediction was made at, ascending; fractional where the sampler steps between timesteps.</param>
/// <param name="PredX0">The predicted images, (Times, N, C, H, W), in the order of times: the finished image first.</param>
public sealed record ProgressiveSamples(Tensor Samples, IReadOnlyList<double> Times, Tensor PredX0);
