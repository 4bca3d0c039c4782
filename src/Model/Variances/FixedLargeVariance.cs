using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Variances;

/// <summary>The variance beta_t, which is right when the data are standard normal; at t = 0 the posterior's of t = 1.</summary>
/// <remarks>At t = 0 the program of Ho et al. replaces only the logarithm and leaves the plain variance at beta_0; here, as in improved-diffusion, the two agree.</remarks>
[Kind("fixed_large", Summary = "beta_t, the upper bound of the best variance; the CIFAR-10 choice of the paper", Source = "Ho et al. 2020 (arXiv:2006.11239), section 3.2")]
public sealed record FixedLargeVariance : Variance
{
    /// <inheritdoc/>
    public override (Tensor Variance, Tensor LogVariance) Of(GaussianDiffusion process, Tensor? values, Tensor t, Tensor like)
        => (process.Extract(process.FixedLargeVariance, t, like), process.Extract(process.FixedLargeLogVariance, t, like));
}
