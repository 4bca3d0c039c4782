using DdpmJobs.Model.Plots;
using SkiaSharp;

namespace DdpmJobs.Model.Tests.Plots;

public sealed class CurvePlotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-plots-").FullName;

    private string Png => Path.Combine(_folder, "curve.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(200, 1)]
    [InlineData(201, 2)]
    [InlineData(6000, 2)]
    public void Write_AnyLength_HasTheLatePartBesideALongCurve(int points, int panels)
    {
        CurvePlot.Write("two/0", "train/loss", [.. Enumerable.Range(0, points).Select(step => (long)step)], [.. Enumerable.Range(0, points).Select(step => 1.0 / (1 + step))], Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal(504 * panels, picture.Width);
    }

    [Fact]
    public void Write_StraightCurve_IsADiagonalInBothPanels()
    {
        CurvePlot.Write("two/0", "x", [.. Enumerable.Range(0, 1001).Select(step => (long)step)], [.. Enumerable.Range(0, 1001).Select(step => (double)step)], Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        for (int tenth = 2; tenth < 9; tenth++)
            Assert.True(Enumerable.Range(-6, 13).Any(dy => picture.GetPixel(96 + 38 * tenth, 84 + 300 - 30 * tenth + dy).Blue > picture.GetPixel(96 + 38 * tenth, 84 + 300 - 30 * tenth + dy).Red + 40), $"at {tenth} tenths");
    }

    [Fact]
    public void Write_StepsWithoutValues_IsRefused() => Assert.Throws<ArgumentException>(() => CurvePlot.Write("two/0", "x", [0, 1], [0.5], Png));
}
