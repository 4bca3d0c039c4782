namespace DdpmJobs.Model.Diffusion;

/// <summary>How much of an image is left in x_T: L_T of the bound, at its worst.</summary>
/// <remarks>Ho et al. 2020 (arXiv:2006.11239), section 4, choose betas for which D_KL(q(x_T | x_0) || N(0, I)) is about 1e-5 bits/dim; sampling begins from N(0, I) as if it were 0.</remarks>
public static class TerminalNoise
{
    /// <summary>Above this a schedule is warned about, in bits/dim: the last digit in which likelihoods are compared is about ten times as large.</summary>
    public const double SmallBitsPerDim = 1e-3;

    /// <summary>The largest L_T that images in [-1, 1] can have.</summary>
    /// <returns>Bits/dim; infinite where the last step is noiseless.</returns>
    /// <remarks>
    /// For one dimension L_T = (alphaBar x0^2 - alphaBar - ln(1 - alphaBar)) / (2 ln 2), which grows with x0^2. At x0 = 1 or -1 two terms cancel: -log2(1 - alphaBar) / 2.
    /// No image exceeds it; real images, of smaller mean square, have less.
    /// </remarks>
    public static double WorstBitsPerDim(GaussianDiffusion process) => WorstBitsPerDim(process.Betas);

    /// <summary>The same of a process that has only its betas yet.</summary>
    /// <param name="betas">beta_t for t = 0..T-1.</param>
    /// <returns>Bits/dim; infinite where the last step is noiseless.</returns>
    public static double WorstBitsPerDim(IReadOnlyList<double> betas)
    {
        double alphaBar = 1;
        for (int t = 0; t < betas.Count; t++)
            alphaBar *= 1 - betas[t];

        // atanh(a / (2 - a)) is -ln(1 - a) / 2 without the loss of 1 - a for a small a.
        return Math.Atanh(alphaBar / (2 - alphaBar)) / Math.Log(2);
    }
}
