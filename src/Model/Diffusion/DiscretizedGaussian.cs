using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Diffusion;

/// <summary>The likelihood of whole pixel levels under a Gaussian: the mass in a bin around each level, open below the first and above the last.</summary>
/// <remarks>
/// Ho et al. 2020 (arXiv:2006.11239), eq. 13. In float64 throughout: in float32 a mean far from the pixel is off by up to 0.73 bits/dim.
/// </remarks>
internal static class DiscretizedGaussian
{
    // Below this erfc nears underflow, and this many terms of the tail's series are exact to 1e-16.
    private const double FarTail = -25;
    private const int TailTerms = 8;

    /// <summary>Natural logarithm of the probability of each pixel.</summary>
    /// <param name="x">Pixels on the grid of levels in [-1, 1], floating.</param>
    /// <param name="mean">Means, shaped as x.</param>
    /// <param name="logScale">Natural logarithm of the standard deviations; broadcasts to x.</param>
    /// <param name="levels">Number of levels: bins are 2 / (levels - 1) wide.</param>
    /// <param name="decoder">How the Gaussian's distribution function is computed.</param>
    /// <returns>Float64, shaped as x, differentiable in mean and scale; the caller disposes it.</returns>
    public static Tensor LogLikelihood(Tensor x, Tensor mean, Tensor logScale, int levels, Decoder decoder)
    {
        using DisposeScope scope = NewDisposeScope();
        double halfBin = 1.0 / (levels - 1);
        Tensor pixels = x.to(ScalarType.Float64);
        Tensor centered = pixels - mean.to(ScalarType.Float64);
        Tensor inverseScale = (-logScale.to(ScalarType.Float64)).exp();
        Tensor lower = (centered - halfBin) * inverseScale;
        Tensor upper = (centered + halfBin) * inverseScale;

        Tensor first = pixels < -1 + halfBin;
        Tensor last = pixels > 1 - halfBin;
        Tensor log = decoder == Decoder.Exact ? Exact(lower, upper, first, last) : Tanh(lower, upper, first, last);
        return log.MoveToOuterDisposeScope();
    }

    // A bin above the mean is mirrored below it, where the logarithm of the tail is exact however far the mean is.
    private static Tensor Exact(Tensor lower, Tensor upper, Tensor first, Tensor last)
    {
        Tensor above = lower + upper > 0;
        Tensor logUpper = LogCdf(where(above, -lower, upper));
        Tensor logLower = LogCdf(where(above, -upper, lower));
        Tensor inner = logUpper + (-(logLower - logUpper).exp()).log1p();
        return where(first, LogCdf(upper), where(last, LogCdf(-lower), inner));
    }

    // The approximation and the floors of the paper's program, for values comparable with published ones; off by up to 1.8e-4 in probability.
    private static Tensor Tanh(Tensor lower, Tensor upper, Tensor first, Tensor last)
    {
        const double floor = 1e-12;
        Tensor cdfLower = TanhCdf(lower);
        Tensor cdfUpper = TanhCdf(upper);
        Tensor mass = where(first, cdfUpper, where(last, 1 - cdfLower, cdfUpper - cdfLower));
        return mass.clamp(min: floor).log();
    }

    private static Tensor TanhCdf(Tensor z) => 0.5 * (1 + (Math.Sqrt(2 / Math.PI) * (z + 0.044715 * z.pow(3))).tanh());

    // ln Phi(z). Each branch sees only arguments that it can take, or the gradient of the branches not chosen would be NaN.
    private static Tensor LogCdf(Tensor z)
    {
        Tensor center = (0.5 * (-z.clamp(FarTail, 0) / Math.Sqrt(2)).erfc()).log();
        Tensor above = (-0.5 * (z.clamp(min: 0) / Math.Sqrt(2)).erfc()).log1p();
        return where(z < FarTail, LogFarTail(z.clamp(max: FarTail)), where(z < 0, center, above));
    }

    // Abramowitz and Stegun 1964, 26.2.12: Phi(z) = phi(z) / -z (1 - 1/z^2 + 3/z^4 - 15/z^6 + ...). libtorch's erfcx would do, but TorchSharp 0.107 binds that name to erfc.
    private static Tensor LogFarTail(Tensor z)
    {
        Tensor inverseSquare = 1 / z.square();
        Tensor series = zeros_like(z);
        for (int k = TailTerms; k >= 1; k--)
            series = -(2 * k - 1) * inverseSquare * (1 + series);
        return -z.square() / 2 - (-z).log() - 0.5 * Math.Log(2 * Math.PI) + series.log1p();
    }
}
