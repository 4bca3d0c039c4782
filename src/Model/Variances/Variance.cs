using DdpmJobs.Model.Diffusion;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Variances;

/// <summary>A family of variances of the reverse step p(x_{t-1} | x_t).</summary>
public abstract record Variance
{
    /// <summary>Output channels that the network needs for each image channel: 1 where the variance is fixed, 2 where it is learned.</summary>
    public virtual int OutputsPerChannel => 1;

    /// <summary>The variance and its logarithm.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="values">The network's second C channels, (N, C, H, W); null where the variance is fixed.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="like">Gives floating type and device.</param>
    /// <returns>Two tensors that broadcast to (N, C, H, W), log in natural units; the caller disposes them.</returns>
    public abstract (Tensor Variance, Tensor LogVariance) Of(GaussianDiffusion process, Tensor? values, Tensor t, Tensor like);

    /// <summary>The second C channels, which a learned variance cannot do without.</summary>
    /// <exception cref="ArgumentNullException">They are not there.</exception>
    private protected static Tensor Values(Tensor? values)
        => values ?? throw new ArgumentNullException(nameof(values), "A learned variance reads the network's second C channels.");
}
