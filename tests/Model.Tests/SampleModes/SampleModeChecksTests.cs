using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.SampleModes;

public sealed class SampleModeChecksTests
{
    private static readonly Sampler Invertible = new DdimSampler { ClipDenoised = false };

    private static RunSpec Run(SampleMode mode, Sampler? sampler = null, int count = 4, Dataset? data = null, IReadOnlyList<int>? classes = null) => new()
    {
        Data = data ?? new Optdigits(),
        Network = new DdpmUnet { Multipliers = [1, 2], Attention = [], Classes = classes is null ? 0 : 10 },
        Sampling = new SamplingSpec { Mode = mode, Sampler = sampler ?? Invertible, Count = count, Classes = classes },
    };

    private static string Refusal(RunSpec run)
    {
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
        return $"{error.Path} {error.Reason}";
    }

    private static string BadSpec(string sampling) =>
        Assert.Throws<SpecException>(() => SpecJson.ReadText<RunSpec>($$"""{ "data": "optdigits", "sampling": {{sampling}} }""")).Message;

    [Fact]
    public void Check_EveryModeOnDdimWithoutClipping_Passes() =>
        Assert.All(typeof(SampleMode).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(SampleMode))), kind => RunChecks.Check(Run((SampleMode)Activator.CreateInstance(kind)!)));

    [Fact]
    public void Check_OtherSamplersThatGoWithAMode_Passes()
    {
        RunChecks.Check(Run(new ProgressiveMode { Every = 1000 }, new DpmSolver()));
        RunChecks.Check(Run(new ImageInterpolationMode { Timesteps = [0, 999] }, new AncestralSampler { Steps = 100 }));
        RunChecks.Check(Run(new LatentInterpolationMode(), new HeunSampler()));
        RunChecks.Check(Run(new ReconstructionMode(), new DdimSampler { ClipDenoised = false, Grid = TimeGrid.AuthorsQuadratic }));
        RunChecks.Check(Run(new ImageInterpolationMode { Pairs = [new ImagePair { From = 0, To = 60_000 }] }, data: new Mnist()));
    }

    [Fact]
    public void Check_EveryBeyondTheProcess_IsRefused() =>
        Assert.Equal("sampling.mode.every must be at most the 1000 timesteps of the process; got 1001", Refusal(Run(new ProgressiveMode { Every = 1001 })));

    [Fact]
    public void Check_InterpolationBySamplerThatBeginsAtXT_IsRefused() =>
        Assert.StartsWith("sampling.mode interpolation cannot be used with the sampler heun, which begins at x_T only", Refusal(Run(new ImageInterpolationMode(), new HeunSampler())));

    [Fact]
    public void Check_InterpolationAtTBeyondTheProcess_IsRefused() => Assert.Equal(
        "sampling.mode.timesteps[1] must be below the 1000 timesteps of the process; got 1000", Refusal(Run(new ImageInterpolationMode { Timesteps = [999, 1000] })));

    [Fact]
    public void Check_PairThatTheDataHaveNot_IsRefused()
    {
        ImageInterpolationMode mode = new() { Pairs = [new ImagePair { From = 1, To = 2 }, new ImagePair { From = 3823, To = 0 }] };
        Assert.Equal("sampling.mode.pairs[1] asks for image 3823 (from 0), but the test split of optdigits has 1797", Refusal(Run(mode)));
        Assert.Equal("sampling.mode.pairs[1] asks for image 3823 (from 0), but the train split of optdigits has 3823", Refusal(Run(mode with { Split = "train" })));
        Assert.Equal("sampling.mode.pairs[0] asks for image 10 (from 0), but the test split of cifar10 has 10",
            Refusal(Run(new ImageInterpolationMode { Pairs = [new ImagePair { From = 0, To = 10 }] }, data: new Cifar10 { TestImages = 10 })));
    }

    [Fact]
    public void Check_MorePairsOrImagesThanTheDataHave_IsRefused()
    {
        Assert.Equal("sampling.count asks for image 1797 (from 0), but the test split of optdigits has 1797", Refusal(Run(new ImageInterpolationMode(), count: 899)));
        Assert.Equal("sampling.count asks for image 1797 (from 0), but the test split of optdigits has 1797", Refusal(Run(new ReconstructionMode(), count: 1798)));
        RunChecks.Check(Run(new ReconstructionMode { Split = "train" }, count: 3823));
    }

    [Fact]
    public void Check_LatentInterpolationWithNoise_IsRefused()
    {
        Assert.Contains("\"kind\":\"ancestral\"", Refusal(Run(new LatentInterpolationMode(), new AncestralSampler())), StringComparison.Ordinal);
        Assert.StartsWith("sampling.mode latent_interpolation cannot be used with the sampler {\"clip_denoised\":true,\"eta\":0.5,",
            Refusal(Run(new LatentInterpolationMode(), new DdimSampler { Eta = 0.5 })));
    }

    [Fact]
    public void Check_ReconstructionThatCannotBeUndone_IsRefused()
    {
        Assert.StartsWith("sampling.mode reconstruction cannot be used with the sampler ancestral", Refusal(Run(new ReconstructionMode(), new AncestralSampler())));
        Assert.EndsWith("noise that is added cannot be undone; got 0.5", Refusal(Run(new ReconstructionMode(), new DdimSampler { ClipDenoised = false, Eta = 0.5 })));
        Assert.Equal("sampling.sampler.clip_denoised must be false for the mode reconstruction, because clipping cannot be undone on the way back; got true",
            Refusal(Run(new ReconstructionMode(), new DdimSampler())));
        Assert.StartsWith("sampling.sampler.grid must visit t = 0 for the mode reconstruction, because that is where images enter the way; trailing begins at t = 19",
            Refusal(Run(new ReconstructionMode(), new DdimSampler { ClipDenoised = false, Grid = TimeGrid.Trailing })));
    }

    [Theory]
    [InlineData("interpolation")]
    [InlineData("reconstruction")]
    public void Check_ClassesForImagesThatHaveLabels_IsRefused(string mode) => Assert.Equal(
        $"sampling.classes is 3, 4, but the mode {mode} begins from images, which have their own labels; leave it out",
        Refusal(Run(SpecJson.Read<SampleMode>(mode), classes: [3, 4])));

    [Fact]
    public void Read_BadModes_NamesPlaceAndValue()
    {
        Assert.StartsWith("sampling.mode: there is no sample mode \"progresive\"; did you mean", BadSpec("""{ "mode": "progresive" }"""));
        Assert.StartsWith("sampling.mode.pairs[0].to: must be another image than from; both are 3", BadSpec("""{ "mode": { "kind": "interpolation", "pairs": [{ "from": 3, "to": 3 }] } }"""));
        Assert.StartsWith("sampling.mode.pairs[0].from: must be at least 0; got -1", BadSpec("""{ "mode": { "kind": "interpolation", "pairs": [{ "from": -1, "to": 3 }] } }"""));
        Assert.StartsWith("sampling.mode.pairs.to: is missing", BadSpec("""{ "mode": { "kind": "interpolation", "pairs": { "from": 1 } } }"""));
        Assert.StartsWith("sampling.mode.timesteps: must not be empty", BadSpec("""{ "mode": { "kind": "interpolation", "timesteps": [] } }"""));
        Assert.StartsWith("sampling.mode.split: must be one of \"test\", \"train\"; got \"val\"", BadSpec("""{ "mode": { "kind": "reconstruction", "split": "val" } }"""));
    }
}
