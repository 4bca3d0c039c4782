using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Plots;

/// <summary>Progressive coding as a picture: distortion and rate over the reverse steps, and one over the other.</summary>
/// <remarks>Ho et al. 2020 (arXiv:2006.11239), figure 5.</remarks>
public static class RateDistortionPlot
{
    /// <summary>Writes the PNG.</summary>
    /// <param name="name">What was measured, ASCII.</param>
    /// <param name="curve">At least one point.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    public static void Write(string name, RateDistortion curve, string path)
    {
        double[] steps = [.. curve.Points.Select(point => (double)point.ReverseSteps)];
        double[] rate = [.. curve.Points.Select(point => point.RateBitsPerDim)];
        double[] distortion = [.. curve.Points.Select(point => point.Rmse255)];
        LinePlot.Write(
            FormattableString.Invariant($"{name}: lossless {curve.LosslessBitsPerDim:0.0000} bits/dim, T = {curve.Timesteps}"),
            [
                new PlotPanel("distortion (RMSE of 0..255)", distortion, FromZero: true) { Across = steps, AcrossName = "reverse steps done" },
                new PlotPanel("rate (bits/dim)", rate, FromZero: true) { Across = steps, AcrossName = "reverse steps done" },
                new PlotPanel("distortion (RMSE of 0..255)", distortion, FromZero: true) { Across = rate, AcrossName = "rate (bits/dim)" },
            ],
            path);
    }
}
