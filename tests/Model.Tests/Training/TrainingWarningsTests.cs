using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Tests.Training;

public sealed class TrainingWarningsTests
{
    [Fact]
    public void Of_TheDefaults_WarnsOfNothing() => Assert.Empty(Warnings(new TrainingSpec()));

    [Fact]
    public void Of_WarmupLongerThanTheTraining_SaysHowFarTheRateGets()
    {
        RunWarning warning = Assert.Single(Warnings(new TrainingSpec { Steps = 501, WarmupSteps = 2000, Ema = [new WarmupEma()] }));
        Assert.Equal("training.warmup_steps", warning.Path);
        Assert.Contains("2000 steps is longer than the training of 501", warning.Message, StringComparison.Ordinal);
        Assert.Contains("25", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_InverseSqrtThatBeginsAfterTheEnd_WarnsThatItNeverDoes()
        => Assert.Equal("training.decay.from", Assert.Single(Warnings(new TrainingSpec { Steps = 70_000, Decay = new InverseSqrtDecay() })).Path);

    [Theory]
    [InlineData(10_000, 0.9999, true)] // 0.37 of the first weights
    [InlineData(24_000, 0.9999, false)] // 0.09
    [InlineData(2_000_000, 0.9999999, true)] // 0.82
    [InlineData(900_000_000, 0.9999999, false)]
    public void Of_AverageOfTheFirstWeights_NamesItAndItsShare(int steps, double decay, bool warns)
    {
        RunWarning[] warnings = Warnings(new TrainingSpec { Steps = steps, Ema = [new WarmupEma(), new ConstantEma { Decay = decay }] });
        Assert.Equal(warns ? ["training.ema[1]"] : [], warnings.Select(warning => warning.Path));
    }

    private static RunWarning[] Warnings(TrainingSpec training) => [.. RunWarnings.Of(new RunSpec { Data = new Optdigits(), Training = training })];
}
