using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Sampling;
using SkiaSharp;

namespace DdpmJobs.Model.Plots;

/// <summary>Draws curves as a PNG: panels side by side, with the built-in font, so that a picture is the same everywhere. Needs no libtorch.</summary>
public static class LinePlot
{
    private const int FieldWidth = 380;
    private const int FieldHeight = 300;
    private const int Left = 96;
    private const int Right = 28;
    private const int Top = 84;
    private const int Bottom = 64;
    private const int Scale = 2;
    private const int FewSteps = 40; // up to here every value is marked by a dot
    private static readonly SKColor Background = new(0xFF, 0xFF, 0xFF);
    private static readonly SKColor Grid = new(0xE4, 0xE4, 0xE0);
    private static readonly SKColor Frame = new(0x88, 0x88, 0x84);
    private static readonly SKColor Ink = new(0x22, 0x22, 0x22);
    private static readonly SKColor Curve = new(0x1F, 0x5F, 0xA8);

    /// <summary>Writes the picture.</summary>
    /// <param name="title">ASCII, above all panels.</param>
    /// <param name="panels">At least one.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    /// <exception cref="ArgumentException">There is no panel, or one has no values, or not as many places across.</exception>
    public static void Write(string title, IReadOnlyList<PlotPanel> panels, string path)
    {
        if (panels.Count == 0 || panels.Any(panel => panel.Values.Count == 0 || (panel.Across ?? panel.Values).Count != panel.Values.Count))
            throw new ArgumentException("A plot needs at least one panel, and each at least one value with its place across.", nameof(panels));

        int panelWidth = Left + FieldWidth + Right;
        using SKBitmap picture = new(panels.Count * panelWidth, Top + FieldHeight + Bottom, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using (SKCanvas canvas = new(picture))
        {
            canvas.Clear(Background);
            Text(canvas, title, Left, 14);
            for (int i = 0; i < panels.Count; i++)
                Draw(canvas, panels[i], new SKRect(i * panelWidth + Left, Top, i * panelWidth + Left + FieldWidth, Top + FieldHeight));
        }

        using SKData png = picture.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, stream => png.SaveTo(stream));
    }

    private static void Draw(SKCanvas canvas, PlotPanel panel, SKRect field)
    {
        double[] finite = [.. panel.Values.Where(double.IsFinite)];
        double least = finite.Length == 0 ? 0 : finite.Min();
        double most = finite.Length == 0 ? 0 : finite.Max();
        double[] places = panel.Across is null ? [] : [.. panel.Across.Where(double.IsFinite)];
        AxisTicks across = panel.Across is null ? new(0, panel.Values.Count - 1, 5, widen: false, smallestStep: 1)
            : new(Math.Min(0, places.DefaultIfEmpty().Min()), places.DefaultIfEmpty().Max(), 5, widen: true);
        AxisTicks up = new(panel.FromZero ? Math.Min(0, least) : least, most, 5, widen: true);
        SKPoint At(double x, double y) => new((float)(field.Left + across.At(x) * field.Width), (float)(field.Bottom - up.At(y) * field.Height));

        // Draw the grid with its numbers.
        using SKPaint thin = new() { Color = Grid, StrokeWidth = 1 };
        foreach ((double value, string text) in across.Marks)
        {
            canvas.DrawLine(At(value, up.Least), At(value, up.Most), thin);
            Text(canvas, text, At(value, up.Least).X - Width(text) / 2f, field.Bottom + 10);
        }

        foreach ((double value, string text) in up.Marks)
        {
            canvas.DrawLine(At(across.Least, value), At(across.Most, value), thin);
            Text(canvas, text, field.Left - 10 - Width(text), At(across.Least, value).Y - 7);
        }

        using SKPaint frame = new() { Color = Frame, StrokeWidth = 1, Style = SKPaintStyle.Stroke };
        canvas.DrawRect(field, frame);

        // Name the axes, and say what the curve cannot show.
        bool[] isShown = [.. panel.Values.Select((value, i) => double.IsFinite(value) && double.IsFinite(panel.Across?[i] ?? i))];
        int left = isShown.Count(shown => !shown);
        Text(canvas, left == 0 ? panel.Title : $"{panel.Title} ({left} not finite)", field.Left, field.Top - 26);
        Text(canvas, panel.AcrossName, field.Right - Width(panel.AcrossName), field.Bottom + 36);

        DrawCurve(canvas, [.. panel.Values.Select((value, i) => isShown[i] ? At(panel.Across?[i] ?? i, value) : (SKPoint?)null)]);
    }

    private static void DrawCurve(SKCanvas canvas, IReadOnlyList<SKPoint?> points)
    {
        using SKPaint line = new() { Color = Curve, StrokeWidth = 2.5f, Style = SKPaintStyle.Stroke, IsAntialias = true, StrokeJoin = SKStrokeJoin.Round };
        using SKPaint dot = new() { Color = Curve, Style = SKPaintStyle.Fill, IsAntialias = true };
        using SKPath curve = new();
        bool isOpen = false;
        foreach (SKPoint? shown in points)
        {
            if (shown is not SKPoint point)
            {
                isOpen = false;
                continue;
            }

            if (isOpen)
                curve.LineTo(point);
            else
                curve.MoveTo(point);
            isOpen = true;
            if (points.Count <= FewSteps)
                canvas.DrawCircle(point, 4, dot);
        }

        canvas.DrawPath(curve, line);
    }

    private static int Width(string text) => text.Length * BitmapFont.Advance * Scale;

    private static void Text(SKCanvas canvas, string text, float x, float y)
    {
        using SKPaint ink = new() { Color = Ink };
        (float left, float top) = (MathF.Round(x), MathF.Round(y));
        for (int i = 0; i < text.Length; i++)
        {
            for (int row = 0; row < BitmapFont.Height; row++)
            {
                for (int column = 0; column < BitmapFont.Advance; column++)
                {
                    if (BitmapFont.IsSet(text[i], column, row))
                        canvas.DrawRect(left + (i * BitmapFont.Advance + column) * Scale, top + row * Scale, Scale, Scale, ink);
                }
            }
        }
    }
}
