using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Predictions;

/// <summary>The network predicts the image itself.</summary>
[Kind("x0", Summary = "the network predicts the image itself", Source = "Ho et al. 2020 (arXiv:2006.11239), section 3.2")]
public sealed record X0Prediction : Prediction
{
    /// <inheritdoc/>
    public override Tensor Target(GaussianDiffusion process, Tensor x0, Tensor xt, Tensor t, Tensor eps) => x0.alias();

    /// <inheritdoc/>
    public override Tensor PredictX0(GaussianDiffusion process, Tensor output, Tensor xt, Tensor t) => output.alias();

    /// <inheritdoc/>
    public override Tensor X0ErrorScale(GaussianDiffusion process, Tensor t, Tensor like) => ones(t.shape[0], 1, 1, 1, dtype: like.dtype, device: like.device);
}
