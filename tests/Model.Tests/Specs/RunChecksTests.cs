using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
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
