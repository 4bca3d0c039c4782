using DdpmJobs.Model.Evaluation;

namespace DdpmJobs.Model.Tests.Evaluation;

public sealed class RateDistortionTests
{
    [Fact]
    public void Table_ThousandTimesteps_HasTheRowsOfThePaper()
    {
        RateDistortion curve = Curve(1000, Enumerable.Range(0, 1000));
        IReadOnlyList<RateDistortionPoint> rows = curve.Table();
        Assert.Equal([1000, 900, 800, 700, 600, 500, 400, 300, 200, 100], rows.Select(row => row.ReverseSteps));
        Assert.Equal([0, 100, 200, 300, 400, 500, 600, 700, 800, 900], rows.Select(row => row.T));
        Assert.Equal([.. Enumerable.Range(1, 1000)], curve.Points.Select(point => point.ReverseSteps));
    }

    [Theory]
    [InlineData(1, new[] { 0 }, new[] { 1 })]
    [InlineData(4, new[] { 0, 1, 2, 3 }, new[] { 4, 3, 2, 1 })]
    [InlineData(1000, new[] { 0, 93, 480, 999 }, new[] { 1000, 907, 520, 1 })]
    public void Table_FewTimesteps_HasEachMeasuredOneOnce(int timesteps, int[] measured, int[] steps)
        => Assert.Equal(steps, Curve(timesteps, measured).Table().Select(row => row.ReverseSteps));

    [Fact]
    public void Points_SeventeenLevels_AreInBothUnits()
    {
        // An error of 1 in [-1, 1] is half of either scale.
        RateDistortion curve = new(2, 17, 0.5, [(0, 3), (1, 0.25)], [(1, 127.5), (0, 12.75)]);
        Assert.Equal([new RateDistortionPoint(1, 1, 0.25, 127.5, 8), new RateDistortionPoint(0, 2, 3, 12.75, 0.8)], curve.Points.Select(p => p with { RmseLevels = Math.Round(p.RmseLevels, 12) }));
        Assert.Equal((3, 3.5), (curve.RateBitsPerDim, curve.LosslessBitsPerDim));
        Assert.Equal(12.75, new RateDistortion(2, 256, 0, [(0, 1)], [(0, 12.75)]).Points[0].RmseLevels, 1e-12);
    }

    [Fact]
    public void Constructor_SeriesThatShareNoTimestep_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new RateDistortion(2, 17, 0, [(0, 3)], [(1, 1)]));
        Assert.Throws<ArgumentException>(() => new RateDistortion(2, 17, 0, [(2, 3)], [(2, 1)]));
    }

    private static RateDistortion Curve(int timesteps, IEnumerable<int> measured)
        => new(timesteps, 256, 2, measured.Select(t => ((long)t, 1.0 / (1 + t))), measured.Select(t => ((long)t, (double)t)));
}
