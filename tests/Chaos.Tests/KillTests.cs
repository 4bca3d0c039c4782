namespace DdpmJobs.Chaos.Tests;

/// <summary>The richest training, killed twenty times. docs/kill-table.md has all combinations killed as often.</summary>
public class KillTests
{
    [Fact]
    public void Train_KilledTwentyTimesAlsoInsideWrites_EndsWithTheUndisturbedFileAndSeries()
    {
        using KilledTraining training = new(Combination.Richest, steps: 160, seed: 3);
        KillReport report = training.Run(kills: 20);
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        Assert.True(report.FileEqual, report.ToString());
        Assert.True(report.SeriesEqual, report.ToString());
        Assert.Equal(20, report.Kills);
        Assert.True(report.InsideWrite >= 1, report.ToString());
        Assert.True(report.Resumes >= 10, report.ToString());
        Assert.True(report.Damaged >= 2, report.ToString());
    }
}
