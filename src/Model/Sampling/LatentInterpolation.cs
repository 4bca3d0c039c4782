using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>Images between two images: both are noised to t with the same noise, mixed, and denoised again.</summary>
/// <remarks>Ho et al. 2020 (arXiv:2006.11239), section 4.4 and figure 8. The reverse steps run t..0 inclusive, as in their program; others leave out the first.</remarks>
public static class LatentInterpolation
{
    /// <summary>Draws one image between each two.</summary>
    /// <param name="sampler">The reverse process; of its timesteps those below t are visited, and t itself before them.</param>
    /// <param name="model">How the network's output is read.</param>
    /// <param name="network">As in <see cref="Sampler.Sample"/>.</param>
    /// <param name="first">Images, (Count, C, H, W) floating, in [-1, 1].</param>
    /// <param name="second">Images, shaped as first.</param>
    /// <param name="t">Zero-based timestep that both are noised to; the larger, the freer the way between them.</param>
    /// <param name="shares">Share of the second image in each mixture: 0 reconstructs the first, 1 the second.</param>
    /// <param name="request">Seed and numbers of the noise, and where; images of one number have the same noise, whatever their share.</param>
    /// <returns>(Count, C, H, W); the caller disposes it.</returns>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    /// <exception cref="ArgumentOutOfRangeException">t is not a timestep of the process.</exception>
    public static Tensor Draw(
        IResumingSampler sampler, DiffusionModel model, Func<Tensor, Tensor, Tensor> network, Tensor first, Tensor second, int t, IReadOnlyList<double> shares, SampleRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(t);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(t, model.Process.Timesteps);
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();

        // Noise both ends alike, and mix them.
        Tensor eps = SampleNoise.Latent(request);
        Tensor at = full(first.shape[0], t, dtype: ScalarType.Int64, device: first.device);
        Tensor share = tensor([.. shares], [shares.Count, 1, 1, 1], dtype: first.dtype, device: first.device);
        Tensor mixed = (1 - share) * model.Process.QSample(first, at, eps) + share * model.Process.QSample(second, at, eps);

        return sampler.Resume(model, network, request, mixed, t).MoveToOuterDisposeScope();
    }
}
