using DdpmJobs.Model.Diffusion;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Predictions;

/// <summary>A family of readings of the network's first C output channels. Tensors are (N, C, H, W) of one floating type, t is (N,) int64.</summary>
public abstract record Prediction
{
    /// <summary>
    /// Whether the output speaks of one step of the process, x_t to x_{t-1}, and not of x_0 and noise: it has no meaning between timesteps, and sampling in longer
    /// steps must read it with the tables of
    /// the process that the network was trained on.
    /// </summary>
    public virtual bool IsOfOneStep => false;

    /// <summary>What the output should be: the target of the squared error.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="x0">Images in [-1, 1].</param>
    /// <param name="xt">The same images noised to t.</param>
    /// <param name="t">Zero-based timestep per image.</param>
    /// <param name="eps">The noise in xt.</param>
    /// <returns>Shaped as x0; a new tensor that the caller disposes.</returns>
    public abstract Tensor Target(GaussianDiffusion process, Tensor x0, Tensor xt, Tensor t, Tensor eps);

    /// <summary>The image that an output stands for, not clipped.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="output">The network's first C channels.</param>
    /// <param name="xt">What the network saw.</param>
    /// <param name="t">Zero-based timestep per image.</param>
    /// <returns>Shaped as xt; a new tensor that the caller disposes.</returns>
    public abstract Tensor PredictX0(GaussianDiffusion process, Tensor output, Tensor xt, Tensor t);

    /// <summary>The mean of p(x_{t-1} | x_t).</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="output">The network's first C channels.</param>
    /// <param name="predX0">The predicted image, clipped where clipping is on.</param>
    /// <param name="xt">What the network saw.</param>
    /// <param name="t">Zero-based timestep per image.</param>
    /// <returns>Shaped as xt; a new tensor that the caller disposes.</returns>
    /// <remarks>The posterior mean at predX0 (Ho et al. 2020, eq. 7). A prediction of the mean itself returns the output: there the references leave the mean unclipped.</remarks>
    public virtual Tensor Mean(GaussianDiffusion process, Tensor output, Tensor predX0, Tensor xt, Tensor t) => process.QPosteriorMean(predX0, xt, t);

    /// <summary>How far the predicted image moves when the output moves by 1: turns squared errors of the output into those of the image.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="t">Zero-based timestep per image.</param>
    /// <param name="like">Gives floating type and device.</param>
    /// <returns>(N, 1, 1, 1), not negative; the caller disposes it.</returns>
    public abstract Tensor X0ErrorScale(GaussianDiffusion process, Tensor t, Tensor like);
}
