using static TorchSharp.torch;

namespace DdpmJobs.Model.Diffusion;

/// <summary>The Gaussian p(x_{t-1} | x_t) that a network's output stands for. Whoever asked for it disposes its tensors.</summary>
/// <param name="Mean">(N, C, H, W).</param>
/// <param name="Variance">Broadcasts to the mean.</param>
/// <param name="LogVariance">Natural logarithm, broadcasts to the mean.</param>
/// <param name="PredX0">The predicted image, (N, C, H, W); clipped to [-1, 1] where clipping was asked for.</param>
public sealed record ReverseStep(Tensor Mean, Tensor Variance, Tensor LogVariance, Tensor PredX0);
