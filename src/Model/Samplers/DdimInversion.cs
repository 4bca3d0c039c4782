using DdpmJobs.Model.Diffusion;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The deterministic DDIM steps run upwards: from images to the latents that <see cref="DdimSampler"/> at eta 0 makes them from.</summary>
/// <remarks>
/// Song, Meng, Ermon 2020 (arXiv:2010.02502), section 4.3 and eq. 14; ddim_reverse_sample of improved-diffusion. A step takes the network's answer at its start
/// where the step down took it at the other end, so a round trip has an error, which falls with the number of steps (their table 2).
/// </remarks>
public static class DdimInversion
{
    /// <summary>Encodes images.</summary>
    /// <param name="model">How the network's output is read.</param>
    /// <param name="network">x_t (N, C, H, W) and zero-based t (N,) int64 to (N, C', H, W).</param>
    /// <param name="x0">Images, (N, C, H, W) floating, in [-1, 1]; taken as x at the first visited timestep.</param>
    /// <param name="grid">Visited timesteps, ascending, as <see cref="TimeGrid.Visit"/> gives them.</param>
    /// <param name="clipDenoised">Whether predicted images are clipped to [-1, 1]; clipping cannot be undone on the way back.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>, before the next network call.</param>
    /// <returns>x at the last visited timestep, shaped as x0; the caller disposes it.</returns>
    public static Tensor Encode(
        DiffusionModel model, Func<Tensor, Tensor, Tensor> network, Tensor x0, IReadOnlyList<int> grid, bool clipDenoised, CancellationToken stop)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope whole = NewDisposeScope();
        DiffusionModel respaced = model.Respaced(grid);
        Tensor xt = x0.alias();
        for (int i = 0; i + 1 < grid.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor output = network(xt, full(xt.shape[0], grid[i], dtype: ScalarType.Int64, device: xt.device));
            ReverseStep step = respaced.PMeanVariance(output, xt, full(xt.shape[0], i, dtype: ScalarType.Int64, device: xt.device), clipDenoised);

            // Derive eps from the image, and go one visited timestep up along it.
            GaussianDiffusion process = respaced.Process;
            Tensor eps = (xt - process.SqrtAlphasCumprod[i] * step.PredX0) / process.SqrtOneMinusAlphasCumprod[i];
            Tensor next = (process.SqrtAlphasCumprod[i + 1] * step.PredX0 + process.SqrtOneMinusAlphasCumprod[i + 1] * eps).MoveToOuterDisposeScope();
            xt.Dispose();
            xt = next;
        }

        return xt.MoveToOuterDisposeScope();
    }
}
