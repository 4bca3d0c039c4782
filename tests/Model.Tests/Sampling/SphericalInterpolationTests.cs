using DdpmJobs.Model.Sampling;

namespace DdpmJobs.Model.Tests.Sampling;

public sealed class SphericalInterpolationTests
{
    [Theory]
    [InlineData(0, 3, 0)]
    [InlineData(1.0 / 3, 2.598076, 1.5)]
    [InlineData(0.5, 2.121320, 2.121320)]
    [InlineData(1, 0, 3)]
    public void Between_RightAngle_WalksTheArcEvenly(double share, double x, double y)
    {
        float[] between = SphericalInterpolation.Between([3, 0], [0, 3], share);
        Assert.Equal(x, between[0], 1e-6);
        Assert.Equal(y, between[1], 1e-6);
    }

    [Fact]
    public void Between_LatentsOfOneLine_TakesTheStraightLine()
    {
        Assert.Equal([1.5f, 3f], SphericalInterpolation.Between([1, 2], [2, 4], 0.5));
        Assert.Equal([-1f], SphericalInterpolation.Between([1], [-3], 0.5));
    }
}
