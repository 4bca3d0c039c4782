using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Diffusion;

/// <summary>The terms of the variational bound on -log2 p(x_0), per dimension. All in float64: near t = T-1 they are small differences of large numbers.</summary>
/// <remarks>Ho et al. 2020 (arXiv:2006.11239), eq. 5: L_T, L_{t-1} and L_0. A term is named here by the zero-based t of its reverse step, so the decoder's is t = 0.</remarks>
internal static class VariationalBound
{
    private const double Ln2 = 0.69314718055994530942;

    /// <summary>The bound's term of one reverse step: the KL divergence from the posterior for t &gt; 0, the decoder's code length at t = 0.</summary>
    /// <param name="model">Process, prediction, variance.</param>
    /// <param name="output">The network's output at (x_t, t), (N, C', H, W) floating.</param>
    /// <param name="x0">Images, (N, C, H, W) floating, in [-1, 1].</param>
    /// <param name="xt">The same images noised to t.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="clipDenoised">Whether the predicted image is clipped; not in training.</param>
    /// <param name="levels">Number of pixel levels of the data.</param>
    /// <param name="decoder">How L_0 is computed.</param>
    /// <returns>Bits/dim (N,) float64 and squared error of the predicted image, mean over dimensions, (N,) float64; the caller disposes them.</returns>
    public static (Tensor BitsPerDim, Tensor X0Mse) Term(
        DiffusionModel model, Tensor output, Tensor x0, Tensor xt, Tensor t, bool clipDenoised, int levels, Decoder decoder)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0Wide = x0.to(ScalarType.Float64);
        Tensor xtWide = xt.to(ScalarType.Float64);
        ReverseStep step = model.PMeanVariance(output.to(ScalarType.Float64), xtWide, t, clipDenoised);

        // Both kinds of term are finite for every t, with finite gradients, so choosing afterwards is safe.
        (Tensor mean, _, Tensor logVariance) = model.Process.QPosteriorMeanVariance(x0Wide, xtWide, t);
        Tensor kl = NormalKl(mean, logVariance, step.Mean, step.LogVariance).mean([1, 2, 3]);
        Tensor codeLength = -DiscretizedGaussian.LogLikelihood(x0Wide, step.Mean, 0.5 * step.LogVariance, levels, decoder).mean([1, 2, 3]);
        Tensor bits = where(t.to(kl.device) == 0, codeLength, kl) / Ln2;

        Tensor x0Mse = (step.PredX0 - x0Wide).square().mean([1, 2, 3]);
        return (bits.MoveToOuterDisposeScope(), x0Mse.MoveToOuterDisposeScope());
    }

    /// <summary>Squared error of the noise that a predicted image implies: of (x_t - sqrt(alphaBar) predX0) / sqrt(1 - alphaBar) against the noise in x_t.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="t">Zero-based timestep.</param>
    /// <param name="x0Mse">Squared error of the predicted image, clipped where the bound clips it.</param>
    /// <returns>In units of the noise's variance; 0 where alphaBar is 0.</returns>
    /// <remarks>
    /// x_t is the same in both, so the error is that of the image times the signal-to-noise ratio. improved-diffusion subtracts the two noises instead, which loses digits near t = T-1
    /// and is NaN at alphaBar = 0; the limit there is 0, for x_t is the noise itself, whatever image is predicted.
    /// </remarks>
    public static double EpsMse(GaussianDiffusion process, int t, double x0Mse) => process.SignalToNoise[t] * x0Mse;

    /// <summary>L_T, the divergence of q(x_T | x_0) from a standard normal: the part that no training changes.</summary>
    /// <param name="process">The forward process.</param>
    /// <param name="x0">Images, (N, C, H, W) floating, in [-1, 1].</param>
    /// <returns>Bits/dim, (N,) float64; the caller disposes it.</returns>
    public static Tensor Prior(GaussianDiffusion process, Tensor x0)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wide = x0.to(ScalarType.Float64);
        Tensor last = full(wide.shape[0], process.Timesteps - 1, dtype: ScalarType.Int64, device: wide.device);
        (Tensor mean, _, Tensor logVariance) = process.QMeanVariance(wide, last);
        Tensor zero = zeros_like(logVariance);
        return (NormalKl(mean, logVariance, zero, zero).mean([1, 2, 3]) / Ln2).MoveToOuterDisposeScope();
    }

    /// <summary>KL(N(mean1, exp logVariance1) || N(mean2, exp logVariance2)) of each dimension, in nats.</summary>
    /// <returns>Shaped as the inputs broadcast; belongs to the dispose scope in force.</returns>
    public static Tensor NormalKl(Tensor mean1, Tensor logVariance1, Tensor mean2, Tensor logVariance2)
    {
        // expm1(d) - d instead of exp(d) - 1 - d: where the variances nearly agree, the difference would be lost.
        Tensor d = logVariance1 - logVariance2;
        return 0.5 * (d.expm1() - d + (mean1 - mean2).square() * (-logVariance2).exp());
    }
}
