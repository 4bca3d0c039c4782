using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class RunChecksTests
{
    private static readonly RunSpec Digits = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Multipliers = [1, 2], Attention = [4] },
    };

    [Fact]
    public void Check_PartsThatGoTogether_Passes() => RunChecks.Check(Digits);

    [Fact]
    public void Check_EpsilonWithScheduleThatEndsInPureNoise_IsRefused()
    {
        RunSpec run = Digits with { Process = new ProcessSpec { Timesteps = 2, Schedule = new StubSchedule { Given = [0.5, 1] } }, Sampling = Ancestral };

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));

        Assert.Equal("process.prediction", error.Path);
        Assert.StartsWith("epsilon cannot be used with the schedule stub, whose last beta is 1", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_VWithScheduleThatEndsInPureNoise_Passes() => RunChecks.Check(Digits with
    {
        Process = new ProcessSpec { Timesteps = 2, Schedule = new StubSchedule { Given = [0.5, 1] }, Prediction = new VPrediction() },
        Sampling = Ancestral,
    });

    [Fact]
    public void Check_EpsilonWithAlphaBarBelowTheRangeOfFloat32_IsRefusedAndVPasses()
    {
        // alphaBar ends at 0.98^10000 = 1.82e-88: the inverse of its root is beyond float32.
        RunSpec run = Digits with { Process = new ProcessSpec { Timesteps = 10_000, Schedule = new ConstSchedule() } };

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));

        Assert.Equal("process.prediction", error.Path);
        Assert.StartsWith("epsilon cannot be used with the schedule const at 10000 timesteps: alphaBar ends at 1.82E-88", error.Reason, StringComparison.Ordinal);
        RunChecks.Check(run with { Process = run.Process with { Prediction = new VPrediction() } });
    }

    [Fact]
    public void Check_AlphaBarThatIsZeroLongBeforeTheEnd_IsRefusedForEveryPrediction()
    {
        RunSpec run = Digits with { Process = new ProcessSpec { Timesteps = 100_000, Schedule = new ConstSchedule(), Prediction = new VPrediction() } };

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));

        Assert.Equal("process.schedule", error.Path);
        Assert.Contains("of 100000 timesteps on", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jsd")]
    [InlineData("zero_terminal_snr")]
    public void Check_EpsilonWithAScheduleThatEndsInPureNoise_IsRefused(string schedule)
    {
        RunSpec run = Digits with { Process = SpecJson.ReadText<ProcessSpec>($$"""{"schedule":"{{schedule}}"}""") };
        Assert.StartsWith($"epsilon cannot be used with the schedule {schedule}", Assert.Throws<SpecException>(() => RunChecks.Check(run)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ScheduleThatDoesNotExistForT_NamesItsPlaceInTheRun()
    {
        RunSpec run = Digits with { Process = new ProcessSpec { Timesteps = 3, Schedule = new StubSchedule() } };

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));

        Assert.Equal(("process.schedule.given", "does not exist for 3 timesteps"), (error.Path, error.Reason));
    }

    [Fact]
    public void Check_MoreSamplingStepsThanTimesteps_IsRefused()
    {
        RunSpec run = Digits with
        {
            Process = new ProcessSpec { Timesteps = 20 },
            Sampling = new SamplingSpec { Sampler = new DdimSampler { Steps = 21 } },
        };

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));

        Assert.Equal("sampling.sampler.steps", error.Path);
        Assert.Contains("21", error.Reason, StringComparison.Ordinal);
        Assert.Contains("20", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ImageSizeThatTheNetworkCannotHalve_IsRefused()
    {
        RunSpec run = Digits with { Network = new DdpmUnet { Multipliers = [1, 1, 1, 1, 1], Attention = [] } };

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));

        Assert.StartsWith("network", error.Path, StringComparison.Ordinal);
        Assert.Contains("8", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_BatchLargerThanTheData_Passes() => RunChecks.Check(Digits with { Training = new TrainingSpec { BatchSize = 65536 } });

    private static SamplingSpec Ancestral => new() { Sampler = new AncestralSampler() };
}
