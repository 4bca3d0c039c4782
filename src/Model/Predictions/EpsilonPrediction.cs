using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Predictions;

/// <summary>The network predicts the noise in x_t.</summary>
[Kind("epsilon", Summary = "the network predicts the noise in x_t", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 11 and 15")]
public sealed record EpsilonPrediction : Prediction
{
    /// <inheritdoc/>
    public override Tensor Target(GaussianDiffusion process, Tensor x0, Tensor xt, Tensor t, Tensor eps) => eps.alias();

    /// <inheritdoc/>
    public override Tensor PredictX0(GaussianDiffusion process, Tensor output, Tensor xt, Tensor t)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = process.Extract(process.SqrtRecipAlphasCumprod, t, xt) * xt - process.Extract(process.SqrtRecipm1AlphasCumprod, t, xt) * output;
        return x0.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor X0ErrorScale(GaussianDiffusion process, Tensor t, Tensor like) => process.Extract(process.SqrtRecipm1AlphasCumprod, t, like);
}
