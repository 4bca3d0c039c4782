using DdpmJobs.Model.Diffusion;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Weightings;

/// <summary>A family of weights of the predicted image's squared error over t. SNR is alphaBar / (1 - alphaBar).</summary>
public abstract record Weighting
{
    /// <summary>The weight of the squared error of x_0.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="like">Gives floating type and device.</param>
    /// <returns>(N, 1, 1, 1), not negative; belongs to the dispose scope in force.</returns>
    public abstract Tensor OnX0(GaussianDiffusion process, Tensor t, Tensor like);
}
