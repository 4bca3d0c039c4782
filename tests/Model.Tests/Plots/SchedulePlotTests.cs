using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Plots;
using DdpmJobs.Model.Schedules;
using SkiaSharp;

namespace DdpmJobs.Model.Tests.Plots;

public sealed class SchedulePlotTests : IDisposable
{
    // The first field: 380 x 300 pixels from (96, 84).
    private const int Left = 96;
    private const int Top = 84;
    private const int Width = 380;
    private const int Height = 300;

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-plots-").FullName;

    private string Png => Path.Combine(_folder, "schedule.png");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_LinearSchedule_DrawsBetaFromCornerToCorner()
    {
        SchedulePlot.Write("linear", new GaussianDiffusion(new LinearSchedule().Betas(100)), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);

        // Betas go from 0.0001 to 0.02, the axis from 0 to 0.02.
        Assert.All(Enumerable.Range(1, 9), tenth => Assert.True(IsCurve(picture, Left + Width * tenth / 10, Top + Height - Height * tenth / 10), $"no curve at {tenth} tenths"));
        Assert.False(IsCurve(picture, Left + Width / 2, Top + Height / 4));
    }

    [Fact]
    public void Write_ScheduleWithoutSignalAtTheEnd_IsDrawnUpToThere()
    {
        SchedulePlot.Write("jsd", new GaussianDiffusion(new JsdSchedule().Betas(10)), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        int third = 2 * (picture.Width / 3);
        Assert.Contains(Enumerable.Range(Top, Height), y => IsCurve(picture, third + Left + Width * 8 / 9, y));
        Assert.DoesNotContain(Enumerable.Range(Top, Height), y => IsCurve(picture, third + Left + Width * 17 / 18, y));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(100_000)]
    public void Write_AnyNumberOfSteps_IsAPictureOfOneSize(int timesteps)
    {
        SchedulePlot.Write("const", new GaussianDiffusion(new ConstSchedule { Beta = 1e-4 }.Betas(timesteps)), Png);
        using SKBitmap picture = SKBitmap.Decode(Png);
        Assert.Equal((3 * (Left + Width + 28), Top + Height + 64), (picture.Width, picture.Height));
    }

    [Theory]
    [InlineData(0, 0.02, "0 0.005 0.010 0.015 0.020")]
    [InlineData(-15.2, 7.4, "-20 -15 -10 -5 0 5 10")]
    [InlineData(3, 3, "0 2 4 6")]
    [InlineData(0, 3e-6, "0 1e-6 2e-6 3e-6")]
    public void Marks_OfARange_AreRoundAndCoverIt(double least, double most, string expected)
        => Assert.Equal(expected, string.Join(' ', new AxisTicks(least, most, 5, widen: true).Marks.Select(mark => mark.Text)));

    // Within a pixel or two: the curve is smoothed.
    private static bool IsCurve(SKBitmap picture, int x, int y) => Enumerable.Range(-2, 5).Any(dy =>
    {
        SKColor colour = picture.GetPixel(x, Math.Clamp(y + dy, 0, picture.Height - 1));
        return colour.Blue > colour.Red + 40;
    });
}
