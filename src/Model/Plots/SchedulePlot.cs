using DdpmJobs.Model.Diffusion;

namespace DdpmJobs.Model.Plots;

/// <summary>A schedule as a picture: beta, alphaBar and the log-SNR over time.</summary>
public static class SchedulePlot
{
    /// <summary>Writes the PNG.</summary>
    /// <param name="name">The schedule as the picture calls it, ASCII.</param>
    /// <param name="process">The process of its betas.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    public static void Write(string name, GaussianDiffusion process, string path) => LinePlot.Write(
        FormattableString.Invariant($"{name}, T = {process.Timesteps}, L_T <= {TerminalNoise.WorstBitsPerDim(process):G2} bits/dim"),
        [
            new PlotPanel("beta", process.Betas, FromZero: true),
            new PlotPanel("alphaBar", process.AlphasCumprod, FromZero: true),
            new PlotPanel("log-SNR", [.. process.AlphasCumprod.Select(LogSnr)], FromZero: false),
        ],
        path);

    /// <summary>The natural logarithm of the signal-to-noise ratio at alphaBar; minus infinity where no signal is left.</summary>
    /// <remarks>Kingma et al. 2021 (arXiv:2107.00630), section 3.2, with the variance-preserving process.</remarks>
    public static double LogSnr(double alphaBar) => Math.Log(alphaBar) - Math.Log(1 - alphaBar);
}
