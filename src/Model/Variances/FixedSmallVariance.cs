using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Variances;

/// <summary>The variance of the posterior q(x_{t-1} | x_t, x_0), which is right when the data are one point.</summary>
/// <remarks>At t = 0 the variance is 0 and only its logarithm is that of t = 1, as in both references.</remarks>
[Kind("fixed_small", Summary = "the posterior's variance, the lower bound of the best variance", Source = "Ho et al. 2020 (arXiv:2006.11239), section 3.2 and eq. 7")]
public sealed record FixedSmallVariance : Variance
{
    /// <inheritdoc/>
    public override (Tensor Variance, Tensor LogVariance) Of(GaussianDiffusion process, Tensor? values, Tensor t, Tensor like)
        => (process.Extract(process.PosteriorVariance, t, like), process.Extract(process.PosteriorLogVarianceClipped, t, like));
}
