using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Predictions;

/// <summary>The network predicts the mean of the posterior q(x_{t-1} | x_t, x_0): the image one step less noisy.</summary>
/// <remarks>Clipping reaches only the reported image: the mean is the output itself, as in both references.</remarks>
[Kind("mu", Summary = "the network predicts the posterior's mean", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 7 and table 2")]
public sealed record MuPrediction : Prediction
{
    /// <inheritdoc/>
    public override bool IsOfOneStep => true;

    /// <inheritdoc/>
    public override Tensor Target(GaussianDiffusion process, Tensor x0, Tensor xt, Tensor t, Tensor eps) => process.QPosteriorMean(x0, xt, t);

    /// <inheritdoc/>
    public override Tensor PredictX0(GaussianDiffusion process, Tensor output, Tensor xt, Tensor t)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = process.Extract(process.RecipPosteriorMeanCoef1, t, xt) * output - process.Extract(process.PosteriorMeanCoef2OverCoef1, t, xt) * xt;
        return x0.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Mean(GaussianDiffusion process, Tensor output, Tensor predX0, Tensor xt, Tensor t) => output.alias();

    /// <inheritdoc/>
    public override Tensor X0ErrorScale(GaussianDiffusion process, Tensor t, Tensor like) => process.Extract(process.RecipPosteriorMeanCoef1, t, like);
}
