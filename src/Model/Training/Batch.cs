using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>What one training step is given. The caller disposes it, or the scope it is made in does.</summary>
/// <param name="X0">Images, (N, C, H, W) float32 in [-1, 1].</param>
/// <param name="T">Zero-based timesteps, (N,) int64.</param>
/// <param name="Timesteps">The same on the host.</param>
/// <param name="Noise">Standard normal, shaped as X0.</param>
/// <param name="Weights">Weight of each image's loss, (N,) float32.</param>
/// <param name="Labels">Class of each image, (N,) int64, or <see cref="Networks.ConditionalModule.NoLabel"/> where it is dropped; null for a network that sees none.</param>
internal sealed record Batch(Tensor X0, Tensor T, long[] Timesteps, Tensor Noise, Tensor Weights, Tensor? Labels);
