using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Tests.Golden;

namespace DdpmJobs.Model.Tests.Diffusion;

public sealed class ContinuousTimeTests
{
    public static TheoryData<string, int> Processes => new()
    {
        { "linear", 20 }, { "linear", 100 }, { "linear", 1000 }, { "linear", 4000 }, { "cosine", 2 }, { "cosine", 10 }, { "cosine", 1000 }, { "cosine", 100_000 },
    };

    [Theory]
    [MemberData(nameof(Processes))]
    public void TimeAt_WholeTimesteps_AreTheTablesOwn(string schedule, int timesteps)
    {
        GaussianDiffusion process = new(GoldenFile.ImprovedBetas(schedule, timesteps));
        ContinuousTime time = new(process);
        for (int t = 0; t <= time.Last; t++)
        {
            Assert.Equal(t, time.TimeAt(time.Lambda(t)));
            Assert.Equal(process.SqrtAlphasCumprod[t], time.Alpha(t), 1e-14 * time.Alpha(t));
            Assert.Equal(process.SqrtOneMinusAlphasCumprod[t], time.Sigma(t), 1e-9 * time.Sigma(t));
            Assert.Equal(Math.Log(process.SqrtAlphasCumprod[t] / process.SqrtOneMinusAlphasCumprod[t]), time.Lambda(t), 1e-9);
        }
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public void TimeAt_BetweenTimesteps_InvertsLambda(string schedule, int timesteps)
    {
        ContinuousTime time = new(new GaussianDiffusion(GoldenFile.ImprovedBetas(schedule, timesteps)));
        double above = double.PositiveInfinity;
        for (int i = 0; i <= 997; i++)
        {
            double t = time.Last * (i / 997.0);
            double lambda = time.Lambda(t);
            Assert.True(lambda < above, FormattableString.Invariant($"lambda does not fall at t = {t}"));
            Assert.Equal(t, time.TimeAt(lambda), 1e-7 * timesteps);
            Assert.Equal(1, Math.Pow(time.Alpha(t), 2) + Math.Pow(time.Sigma(t), 2), 1e-12);
            above = lambda;
        }
    }

    [Fact]
    public void LastAbove_ScheduleThatEndsInPureNoise_LeavesItOut()
    {
        ContinuousTime time = new(new GaussianDiffusion([0.1, 0.5, 0.9, 1]));
        Assert.Equal(2, time.Last);
        Assert.Equal(2, time.LastAbove(-50));
        Assert.Equal(1, time.LastAbove(time.Lambda(1)));
        Assert.Equal(-1, time.LastAbove(50));
        Assert.Throws<ArgumentOutOfRangeException>(() => time.Alpha(2.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => time.TimeAt(time.Lambda(2) - 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => time.TimeAt(time.Lambda(0) + 0.1));
    }

    [Fact]
    public void Constructor_TimestepsThatAreAlike_IsRefused()
    {
        // 1 - 1e-17 is 1 in float64.
        ArgumentException error = Assert.Throws<ArgumentException>(() => new ContinuousTime(new GaussianDiffusion([0.1, 1e-17])));
        Assert.Contains("t = 1", error.Message, StringComparison.Ordinal);
    }
}
