using System.Globalization;
using System.Text;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Maps steps and values to pixels of an inline SVG, and draws its axes: logarithmic where all values are positive.</summary>
internal sealed class CurveAxes
{
    /// <summary>Columns that points are thinned to.</summary>
    private const int Columns = 300;

    private const int Width = 900;
    private const int Height = 260;
    private const int Left = 70;
    private const int Bottom = 30;
    private const int Top = 10;

    private readonly double _low;
    private readonly double _high;
    private readonly long _first;
    private readonly long _span;

    /// <summary>Fits the axes to points.</summary>
    /// <param name="points">All that is drawn; finite, and at least one.</param>
    /// <param name="linear">Whether values are never shown by their logarithms.</param>
    public CurveAxes(IReadOnlyList<MetricPoint> points, bool linear)
    {
        IsLogarithmic = !linear && points.All(p => p.Value > 0);
        _low = points.Min(p => Scale(p.Value));
        _high = points.Max(p => Scale(p.Value));
        _high = _high > _low ? _high : _low + 1;
        _first = points.Min(p => p.Step);
        _span = Math.Max(1, points.Max(p => p.Step) - _first);
    }

    /// <summary>Whether heights are logarithms.</summary>
    public bool IsLogarithmic { get; }

    /// <summary>Thins a curve to the picture's resolution without hiding its spikes: mean, least and largest of each column, as pixels.</summary>
    public IReadOnlyList<(double X, double Mean, double Low, double High)> Thin(IEnumerable<MetricPoint> points) =>
    [
        .. points.GroupBy(p => (p.Step - _first) * Columns / (_span + 1)).Select(g => (
            X(g.Average(p => (double)p.Step)), Y(g.Average(p => Scale(p.Value))), Y(g.Min(p => Scale(p.Value))), Y(g.Max(p => Scale(p.Value))))),
    ];

    /// <summary>The picture with its axes labelled at their quarters.</summary>
    /// <param name="label">What it shows, for those who cannot see it.</param>
    /// <param name="inside">The curves.</param>
    public Markup Picture(string label, Markup inside)
    {
        Markup labels = Markup.Join(Enumerable.Range(0, 5).Select(i =>
        {
            double scaled = _low + ((_high - _low) * i / 4);
            double value = IsLogarithmic ? Math.Pow(10, scaled) : scaled;
            long step = _first + (_span * i / 4);
            return Markup.Of(
                $"<line x1='{Left}' x2='{Width - 10}' y1='{Pixel(Y(scaled))}' y2='{Pixel(Y(scaled))}' stroke='#ccc' stroke-width='0.5'/><text x='{Left - 6}' y='{Pixel(Y(scaled) + 4)}' text-anchor='end'>{value.ToString("G3", CultureInfo.InvariantCulture)}</text><text x='{Pixel(X(step))}' y='{Height - 8}' text-anchor='{(i == 4 ? "end" : "middle")}'>{step}</text>");
        }));
        return Markup.Of(
            $"<svg class='ddpm-curve' viewBox='0 0 {Width} {Height}' width='{Width}' height='{Height}' role='img' aria-label='{label}' font-size='12' fill='currentColor'>{labels}{inside}</svg>");
    }

    /// <summary>A line through pixels, as the <c>d</c> of an SVG path.</summary>
    public static string Path(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        foreach ((double x, double y) in points)
        {
            path.Append(path.Length == 0 ? 'M' : 'L').Append(Pixel(x)).Append(' ').Append(Pixel(y));
        }

        return path.ToString();
    }

    private static string Pixel(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private double Scale(double value) => IsLogarithmic ? Math.Log10(value) : value;

    private double X(double step) => Left + ((Width - Left - 10) * (step - _first) / _span);

    private double Y(double scaled) => Top + ((Height - Top - Bottom) * (_high - scaled) / (_high - _low));
}
