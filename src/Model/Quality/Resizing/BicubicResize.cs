using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Quality.Resizing;

/// <summary>A cubic over four pixels, wider where images are made smaller, so that detail does not turn into false patterns.</summary>
[Kind("bicubic_antialias", Summary = "bicubic, smoothing where images are made smaller; that of clean-fid",
    Source = "python-pillow/Pillow, Resample.c, a = -0.5; Parmar et al. 2022 (arXiv:2104.11222); GaParmar/clean-fid, resize.py")]
public sealed record BicubicResize : Resize
{
    private const double A = -0.5; // Keys 1981

    /// <inheritdoc/>
    protected override void Weigh(int place, double scale, Span<double> weights)
    {
        double width = Math.Max(scale, 1);
        double center = (place + 0.5) * scale;
        int first = Math.Max((int)(center - 2 * width + 0.5), 0);
        int end = Math.Min((int)(center + 2 * width + 0.5), weights.Length);
        double sum = 0;
        for (int i = first; i < end; i++)
            sum += weights[i] = Cubic((i + 0.5 - center) / width);
        for (int i = first; i < end; i++)
            weights[i] /= sum;
    }

    private static double Cubic(double x)
    {
        double distance = Math.Abs(x);
        return distance switch
        {
            < 1 => ((A + 2) * distance - (A + 3)) * distance * distance + 1,
            < 2 => ((distance - 5) * distance + 8) * distance * A - 4 * A,
            _ => 0,
        };
    }
}
