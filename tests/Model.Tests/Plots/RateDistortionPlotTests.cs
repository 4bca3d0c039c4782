using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Plots;
using SkiaSharp;

namespace DdpmJobs.Model.Tests.Plots;

public sealed class RateDistortionPlotTests : IDisposable
{
    // Three fields of 380 x 300 pixels; the first from (96, 84), the next 504 to the right.
    private const int Left = 96;
    private const int Top = 84;
    private const int Width = 380;
    private const int Height = 300;
    private const int Pitch = 504;

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-plots-").FullName;

    private string Png => Path.Combine(_folder, "curve.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_StraightCurves_AreDrawnOverStepsAndOverRate()
    {
        // The rate rises from 0 to 2, the distortion falls from 80 to 0, both linearly in the steps from 0 to 100: each field shows a diagonal.
        (long T, double Value)[] rate = [.. Enumerable.Range(0, 100).Select(t => ((long)t, 2 * (100 - t) / 100.0))];
        (long T, double Value)[] distortion = [.. Enumerable.Range(0, 100).Select(t => ((long)t, 80 * t / 100.0))];
        RateDistortionPlot.Write("test", new RateDistortion(100, 256, 1, rate, distortion), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        foreach (int tenth in Enumerable.Range(1, 8))
        {
            (int across, int up) = (Width * tenth / 10, Height * tenth / 10);
            Assert.True(IsCurve(picture, Left + across, Top + up), $"distortion over steps at {tenth} tenths");
            Assert.True(IsCurve(picture, Pitch + Left + across, Top + Height - up), $"rate over steps at {tenth} tenths");
            Assert.True(IsCurve(picture, 2 * Pitch + Left + across, Top + up), $"distortion over rate at {tenth} tenths");
        }
    }

    [Fact]
    public void Write_RatesThatAreNotFinite_LeaveAGap()
    {
        RateDistortionPlot.Write("test", new RateDistortion(3, 256, 1, [(0, double.NaN), (1, double.PositiveInfinity), (2, double.NaN)], [(0, 1), (1, 2), (2, 3)]), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Contains(Enumerable.Range(Top, Height), y => IsCurve(picture, Left + Width * 2 / 3, y));
        Assert.DoesNotContain(Enumerable.Range(2 * Pitch + Left, Width), x => Enumerable.Range(Top, Height).Any(y => IsCurve(picture, x, y)));
    }

    [Fact]
    public void Write_ValuesWithoutAPlace_AreRefused()
        => Assert.Throws<ArgumentException>(() => LinePlot.Write("x", [new PlotPanel("x", [1, 2], FromZero: true) { Across = [1] }], Png));

    // Within a pixel or two: the curve is smoothed.
    private static bool IsCurve(SKBitmap picture, int x, int y) => Enumerable.Range(-2, 5).Any(dy =>
    {
        SKColor colour = picture.GetPixel(x, Math.Clamp(y + dy, 0, picture.Height - 1));
        return colour.Blue > colour.Red + 40;
    });
}
