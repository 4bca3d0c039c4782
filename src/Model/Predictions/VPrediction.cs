using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Predictions;

/// <summary>The network predicts v = sqrt(alphaBar) eps - sqrt(1 - alphaBar) x_0, which stays well conditioned at both ends of time.</summary>
[Kind("v", Summary = "the network predicts v = sqrt(alphaBar) eps - sqrt(1 - alphaBar) x_0", Source = "Salimans and Ho 2022 (arXiv:2202.00512), section 4 and appendix D")]
public sealed record VPrediction : Prediction
{
    /// <inheritdoc/>
    public override Tensor Target(GaussianDiffusion process, Tensor x0, Tensor xt, Tensor t, Tensor eps)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor v = process.Extract(process.SqrtAlphasCumprod, t, x0) * eps - process.Extract(process.SqrtOneMinusAlphasCumprod, t, x0) * x0;
        return v.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor PredictX0(GaussianDiffusion process, Tensor output, Tensor xt, Tensor t)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = process.Extract(process.SqrtAlphasCumprod, t, xt) * xt - process.Extract(process.SqrtOneMinusAlphasCumprod, t, xt) * output;
        return x0.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor X0ErrorScale(GaussianDiffusion process, Tensor t, Tensor like) => process.Extract(process.SqrtOneMinusAlphasCumprod, t, like);
}
