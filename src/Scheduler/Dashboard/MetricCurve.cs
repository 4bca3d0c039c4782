using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Draws a curve as inline SVG: logarithmic where all values are positive, as a band from the least to the largest value of each column of pixels and its mean.</summary>
public static class MetricCurve
{
    private static readonly string[] Colours = ["#1b9e77", "#d95f02", "#7570b3", "#e7298a"]; // told apart by most eyes

    /// <summary>Draws points in step order; values that are not finite are counted below the picture.</summary>
    /// <param name="points">The curve.</param>
    /// <param name="name">What it is, for those who cannot see it.</param>
    /// <param name="linear">Whether values are never shown by their logarithms.</param>
    /// <param name="across">What stands where steps do, one word.</param>
    public static Markup Draw(IReadOnlyList<MetricPoint> points, string name = "loss", bool linear = false, string across = "steps")
    {
        ArgumentNullException.ThrowIfNull(points);
        List<MetricPoint> finite = [.. points.Where(p => double.IsFinite(p.Value))];
        Markup note = Lost(points.Count - finite.Count);
        if (finite.Count == 0)
        {
            return note;
        }

        CurveAxes axes = new(finite, linear);
        IReadOnlyList<(double X, double Mean, double Low, double High)> columns = axes.Thin(finite);
        string band = CurveAxes.Path(columns.Select(c => (c.X, c.High)).Concat(columns.Reverse().Select(c => (c.X, c.Low))));
        string mean = CurveAxes.Path(columns.Select(c => (c.X, c.Mean)));
        Markup picture = axes.Picture(
            $"{name} by {across.TrimEnd('s')}", Markup.Of($"<path d='{band} Z' fill='#337ab7' fill-opacity='0.25'/><path d='{mean}' fill='none' stroke='#337ab7' stroke-width='1.5'/>"));
        string what = columns.Count < finite.Count ? "Line: mean of each column of pixels; band: least to largest value. " : "";
        return Markup.Of($"{picture}{note}<p class='text-muted'><small>{what}{Across(across, axes)}</small></p>");
    }

    /// <summary>Draws up to four curves into one picture, each as the mean of each column of pixels, with their names below.</summary>
    /// <param name="lines">Name and points of each, in step order.</param>
    /// <param name="name">What they are, for those who cannot see it.</param>
    public static Markup DrawLines(IReadOnlyList<(string Name, IReadOnlyList<MetricPoint> Points)> lines, string name)
    {
        ArgumentNullException.ThrowIfNull(lines);
        List<MetricPoint> finite = [.. lines.SelectMany(line => line.Points).Where(p => double.IsFinite(p.Value))];
        Markup note = Lost(lines.Sum(line => line.Points.Count) - finite.Count);
        if (finite.Count == 0)
        {
            return note;
        }

        CurveAxes axes = new(finite, linear: false);
        Markup curves = Markup.Join(lines.Select((line, i) => Markup.Of(
            $"<path d='{CurveAxes.Path(axes.Thin(line.Points.Where(p => double.IsFinite(p.Value))).Select(c => (c.X, c.Mean)))}' fill='none' stroke='{Colours[i]}' stroke-width='1.5'/>")));
        Markup names = Markup.Join(lines.Select((line, i) => Markup.Of($"<span class='ddpm-line'><b style='color:{Colours[i]}'>&#9632;</b> {line.Name}</span> ")));
        return Markup.Of($"{axes.Picture($"{name} by step", curves)}<p>{names}</p>{note}<p class='text-muted'><small>{Across("steps", axes)}</small></p>");
    }

    private static Markup Lost(int count) => count > 0 ? Markup.Of($"<p class='text-danger'>{count} values are not finite and not drawn.</p>") : Markup.None;

    // Not in capitals: T is not t.
    private static string Across(string across, CurveAxes axes) => $"Across: {across}{(axes.IsLogarithmic ? "; values logarithmic" : "")}.";
}
