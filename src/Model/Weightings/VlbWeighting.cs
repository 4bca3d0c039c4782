using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Weightings;

/// <summary>The weight that the squared error has in the variational bound with the variance beta_t, in nats: PosteriorMeanCoef1^2 / (2 beta_t).</summary>
/// <remarks>On the error of the noise it is beta_t^2 / (2 sigma_t^2 alpha_t (1 - alphaBar_t)), eq. 12 of the paper. At t = 0 it stands in for the decoder's term.</remarks>
[Kind("vlb", Summary = "the weight in the variational bound with the variance beta_t", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 8 and 12")]
public sealed record VlbWeighting : Weighting
{
    /// <inheritdoc/>
    public override Tensor OnX0(GaussianDiffusion process, Tensor t, Tensor like)
        => process.Extract(process.PosteriorMeanCoef1, t, like).square() / (2 * process.Extract(process.Betas, t, like));
}
