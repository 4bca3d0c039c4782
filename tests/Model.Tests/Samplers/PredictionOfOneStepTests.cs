using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Samplers;

/// <summary>The posterior's mean speaks of one step of the process; a sampler that asks the network between timesteps would misread it without a word.</summary>
public class PredictionOfOneStepTests
{
    public static TheoryData<string> ContinuousSamplers => new("dpm_solver", "euler", "heun", "euler_ancestral");

    [Theory]
    [MemberData(nameof(ContinuousSamplers))]
    public void Check_MuWithAContinuousSampler_IsRefused(string kind)
    {
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(Run(new MuPrediction(), kind)));
        Assert.Contains("mu", error.Reason);
        RunChecks.Check(Run(new VPrediction(), kind));
    }

    private static RunSpec Run(Prediction prediction, string sampler) => new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4 },
        Process = new ProcessSpec { Prediction = prediction },
        Sampling = new SamplingSpec { Sampler = SpecJson.Read<Sampler>(sampler) },
    };
}
