using System.Globalization;
using System.Text;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Draws a curve as inline SVG: logarithmic where all values are positive, as a band from the least to the largest value of each column of pixels and its mean.</summary>
public static class MetricCurve
{
    private const int Width = 900;
    private const int Height = 260;
    private const int Left = 70;
    private const int Bottom = 30;
    private const int Top = 10;
    private const int Columns = 300;

    /// <summary>Draws points in step order; values that are not finite are counted below the picture.</summary>
    /// <param name="points">The curve.</param>
    /// <param name="name">What it is, for those who cannot see it.</param>
    /// <param name="linear">Whether values are never shown by their logarithms.</param>
    public static Markup Draw(IReadOnlyList<MetricPoint> points, string name = "loss", bool linear = false)
    {
        ArgumentNullException.ThrowIfNull(points);
        List<MetricPoint> finite = [.. points.Where(p => double.IsFinite(p.Value))];
        int lost = points.Count - finite.Count;
        Markup note = lost > 0 ? Markup.Of($"<p class='text-danger'>{lost} values are not finite and not drawn.</p>") : Markup.None;
        if (finite.Count == 0)
        {
            return note;
        }

        // Map steps and values to pixels.
        bool logarithmic = !linear && finite.TrueForAll(p => p.Value > 0);
        double Scale(double value) => logarithmic ? Math.Log10(value) : value;
        double low = finite.Min(p => Scale(p.Value));
        double high = finite.Max(p => Scale(p.Value));
        high = high > low ? high : low + 1;
        long first = finite[0].Step;
        long span = Math.Max(1, finite[^1].Step - first);
        double X(double step) => Left + ((Width - Left - 10) * (step - first) / span);
        double Y(double scaled) => Top + ((Height - Top - Bottom) * (high - scaled) / (high - low));

        // Thin to the picture's resolution without hiding the spikes.
        var columns = finite.GroupBy(p => (p.Step - first) * Columns / (span + 1))
            .Select(g => (Step: g.Average(p => (double)p.Step), Mean: g.Average(p => Scale(p.Value)), Low: g.Min(p => Scale(p.Value)), High: g.Max(p => Scale(p.Value)))).ToList();
        string band = Path(columns.Select(c => (X(c.Step), Y(c.High))).Concat(columns.AsEnumerable().Reverse().Select(c => (X(c.Step), Y(c.Low)))));
        string mean = Path(columns.Select(c => (X(c.Step), Y(c.Mean))));

        // Label the axes at their quarters.
        Markup labels = Markup.Join(Enumerable.Range(0, 5).Select(i =>
        {
            double scaled = low + ((high - low) * i / 4);
            double value = logarithmic ? Math.Pow(10, scaled) : scaled;
            long step = first + (span * i / 4);
            return Markup.Of(
                $"<line x1='{Left}' x2='{Width - 10}' y1='{Pixel(Y(scaled))}' y2='{Pixel(Y(scaled))}' stroke='#ccc' stroke-width='0.5'/><text x='{Left - 6}' y='{Pixel(Y(scaled) + 4)}' text-anchor='end'>{value.ToString("G3", CultureInfo.InvariantCulture)}</text><text x='{Pixel(X(step))}' y='{Height - 8}' text-anchor='{(i == 4 ? "end" : "middle")}'>{step}</text>");
        }));
        return Markup.Of(
            $"<svg class='ddpm-curve' viewBox='0 0 {Width} {Height}' width='{Width}' height='{Height}' role='img' aria-label='{name} by step' font-size='12' fill='currentColor'>{labels}<path d='{band} Z' fill='#337ab7' fill-opacity='0.25'/><path d='{mean}' fill='none' stroke='#337ab7' stroke-width='1.5'/></svg>{note}<p class='text-muted'><small>Line: mean of each column of pixels; band: least to largest value. Steps across{(logarithmic ? ", values logarithmic" : "")}.</small></p>");
    }

    private static string Path(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        foreach ((double x, double y) in points)
        {
            path.Append(path.Length == 0 ? 'M' : 'L').Append(Pixel(x)).Append(' ').Append(Pixel(y));
        }

        return path.ToString();
    }

    private static string Pixel(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
