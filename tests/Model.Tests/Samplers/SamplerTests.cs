using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public sealed class SamplerTests
{
    public static TheoryData<Sampler> Samplers =>
    [
        .. Kinds.Select(kind => (Sampler)Activator.CreateInstance(kind.Data)!),
        new AncestralSampler { Steps = 7 }, new DdimSampler { Steps = 10 }, new DdimSampler { Steps = 10, Eta = 1 },
        new DpmSolver { Order = 3, Method = "singlestep", Expands = "noise" }, new DpmSolver { Order = 3, SolverType = "taylor" }, new EulerAncestralSampler { Eta = 0.5, Ladder = "exponential" },
        new HeunSampler { Ladder = "timesteps" },
    ];

    public static TheoryData<Type> Kinds => [.. typeof(Sampler).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Sampler)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_AnyBatching_GivesTheSameImages(Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=60", "eps", "fixedlarge");
        double[] whole = Draw(sampler, model, 0, 64);
        double[] halves = [.. Draw(sampler, model, 0, 32), .. Draw(sampler, model, 32, 32)];
        double[] singles = [.. Enumerable.Range(0, 64).SelectMany(i => Draw(sampler, model, i, 1))];
        Assert.Equal(whole, halves);
        Assert.Equal(whole, singles);
        Assert.Equal(whole[..48], Draw(sampler, model, 0, 1));
        Assert.NotEqual(whole[..48], whole[48..96]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sample_EverySampler_CallsTheNetworkAsOftenAsItSaysAndLeaksNothing(Type kind)
    {
        Sampler sampler = (Sampler)Activator.CreateInstance(kind)!;
        DiffusionModel model = GoldenFile.Model("cosine", "T=60", "eps", "fixedlarge");
        Draw(sampler, model, 0, 1);
        int calls = 0;
        using DisposeScope scope = NewDisposeScope();
        using Tensor sample = sampler.Sample(model, Stub, Request(0, 2) with { OnNetworkCall = () => calls++ });
        Assert.Equal(sampler.NetworkEvaluations(60), calls);
        Assert.Equal(1, scope.DisposablesCount);
        Assert.All(GoldenFile.Values(sample), x => Assert.InRange(x, -1.0001, 1.0001));
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void AddsNoise_EverySampler_SaysWhetherNoiseIsDrawnOnTheWay(Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        bool drawn = false;
        Tensor Noise(int step)
        {
            drawn |= step >= 0;
            return ones(1, 3, 4, 4);
        }

        sampler.Sample(GoldenFile.Model("cosine", "T=60", "eps", "fixedlarge"), Stub, Request(0, 1) with { ReplayedNoise = Noise });
        Assert.Equal(sampler.AddsNoise, drawn);
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Resume_EverySamplerThatCan_CallsTheNetworkAsOftenAsItSaysFromTDown(Sampler sampler)
    {
        if (sampler is not IResumingSampler resuming)
            return;
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=60", "eps", "fixedlarge");
        foreach (int t in new[] { 0, 25, 59 })
        {
            List<long> times = [];
            Tensor Network(Tensor xt, Tensor at)
            {
                times.Add(at.ReadCpuInt64(0));
                return Stub(xt, at);
            }

            Tensor xt = ones(2, 3, 4, 4);
            resuming.Resume(model, Network, Request(0, 2), xt, t);
            Assert.False(xt.IsInvalid);
            Assert.Equal(t, times[0]);
            Assert.Equal(times.OrderDescending(), times);
            Assert.Equal(resuming.NetworkEvaluationsFrom(60, t), times.Count);
        }
    }

    [Fact]
    public void Sample_SamplesOfOneNumber_AreAlike()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=60", "eps", "fixedlarge");
        double[] all = GoldenFile.Values(new AncestralSampler().Sample(model, Stub, Request(0, 3) with { Indices = [4, 7, 4] }));
        Assert.Equal(all[..48], all[96..]);
        Assert.Equal(Draw(new AncestralSampler(), model, 7, 1), all[48..96]);
    }

    [Fact]
    public void Sample_StopAsked_Throws()
    {
        DiffusionModel model = GoldenFile.Model("cosine", "T=20", "eps", "fixedlarge");
        using CancellationTokenSource stop = new();
        int calls = 0;
        SampleRequest request = Request(0, 1) with { Stop = stop.Token, OnNetworkCall = () => { if (++calls == 3) stop.Cancel(); } };
        Assert.Throws<OperationCanceledException>(() => new AncestralSampler().Sample(model, Stub, request));
        Assert.Equal(3, calls);
    }

    public static TheoryData<Sampler, string, int, Prediction> Combinations
    {
        get
        {
            TheoryData<Sampler, string, int, Prediction> data = [];
            foreach (Type kind in Kinds)
            {
                // DDIM's default of 50 steps is more than 10 timesteps.
                Sampler sampler = kind == typeof(DdimSampler) ? new DdimSampler { Steps = 10 } : (Sampler)Activator.CreateInstance(kind)!;
                foreach (string schedule in (string[])["linear", "cosine"])
                {
                    foreach (int timesteps in (int[])[10, 1000])
                    {
                        data.Add(sampler, schedule, timesteps, new EpsilonPrediction());
                        data.Add(sampler, schedule, timesteps, new VPrediction());
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Sample_EverySamplerAndProcess_FollowsTheExactNetwork(Sampler sampler, string schedule, int timesteps, Prediction prediction)
    {
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(schedule == "linear" ? new LinearSchedule().Betas(timesteps) : new CosineSchedule().Betas(timesteps), prediction);
        Tensor sample = sampler.Sample(data.Model, data.Network, Request(0, 8));
        Assert.Equal([8, 3, 4, 4], sample.shape);
        Assert.Equal(sampler.NetworkEvaluations(timesteps), data.Times.Count);
        Assert.All(data.Times, t => Assert.InRange(t, 0, timesteps - 1));
        Assert.All(GoldenFile.Values(sample), x => Assert.InRange(x, -1.0001, 1.0001));
    }

    [Fact]
    public void Sample_ExactNetworkOfOneGaussian_HasItsMoments()
    {
        // Data N(0.1, 0.5^2): the ideal network is known, so the sampler alone is on trial.
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(new CosineSchedule().Betas(200));
        Sampler[] samplers =
        [
            new AncestralSampler { ClipDenoised = false }, new DdimSampler { Steps = 100, ClipDenoised = false },
            new DpmSolver { ClipDenoised = false, DenoiseFinal = false }, new EulerAncestralSampler { Steps = 200, ClipDenoised = false },
            new HeunSampler { Steps = 60, ClipDenoised = false },
        ];
        foreach (Sampler sampler in samplers)
        {
            double[] x = GoldenFile.Values(sampler.Sample(data.Model, data.Network, Request(0, 400)));
            double mean = x.Average();
            double deviation = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)));
            Assert.True(mean is > 0.08 and < 0.12 && deviation is > 0.48 and < 0.52, FormattableString.Invariant($"{sampler}: mean {mean}, deviation {deviation}"));
        }
    }

    [Fact]
    public void Check_ImpossibleSteps_AreRefusedWithBothValues()
    {
        RunSpec run = new() { Data = new Optdigits(), Process = new ProcessSpec { Timesteps = 100 } };
        SpecException tooMany = Assert.Throws<SpecException>(() => new DdimSampler { Steps = 200 }.Check(run, "sampling.sampler"));
        Assert.Equal("sampling.sampler.steps: must be at least 1 and at most the 100 timesteps of the process; got 200", tooMany.Message);
        Assert.Equal("sampling.sampler.steps", Assert.Throws<SpecException>(() => new DdimSampler { Steps = 1 }.Check(run, "sampling.sampler")).Path);
        Assert.Contains("no whole stride", Assert.Throws<SpecException>(() => new DdimSampler { Steps = 99, Grid = TimeGrid.DdimStride }.Check(run, "s")).Message, StringComparison.Ordinal);
        new DdimSampler { Steps = 1, Grid = TimeGrid.Trailing }.Check(run, "sampling.sampler");
        new AncestralSampler().Check(run, "sampling.sampler");
    }

    [Fact]
    public void Check_SolverOutsideTheProcess_IsRefusedWithBothValues()
    {
        RunSpec run = new() { Data = new Optdigits(), Process = new ProcessSpec { Timesteps = 100 } };
        foreach (Type kind in Kinds.Select(kind => kind.Data))
            (((Sampler)Activator.CreateInstance(kind)!) as IRunCheck)?.Check(run, "sampling.sampler");

        SpecException tooClean = Assert.Throws<SpecException>(() => new HeunSampler { SigmaMin = 0.002 }.Check(run, "sampling.sampler"));
        Assert.StartsWith("sampling.sampler.sigma_min: must be at least ", tooClean.Message, StringComparison.Ordinal);
        Assert.EndsWith("the noise of timestep 0; got 0.002", tooClean.Message, StringComparison.Ordinal);
        Assert.Equal("sampling.sampler.sigma_max", Assert.Throws<SpecException>(() => new EulerSampler { SigmaMax = 1e5 }.Check(run, "sampling.sampler")).Path);
        Assert.Equal("sampling.sampler.sigma_max",
            Assert.Throws<SpecException>(() => new EulerSampler { SigmaMin = 0.5, SigmaMax = 0.4 }.Check(run, "sampling.sampler")).Path);
        Assert.Equal("sampling.sampler.steps: a multistep solver needs at least as many steps as its order; got steps 2, order 3",
            Assert.Throws<SpecException>(() => new DpmSolver { Steps = 2, Order = 3 }.Check("sampling.sampler")).Message);
        RunSpec single = run with { Process = new ProcessSpec { Timesteps = 1 } };
        Assert.Contains("at least 2 timesteps", Assert.Throws<SpecException>(() => new DpmSolver().Check(single, "sampling.sampler")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TimeGrid.Linspace)]
    [InlineData(TimeGrid.Trailing)]
    [InlineData(TimeGrid.Leading)]
    public void Visit_EveryNumberOfSteps_IsThatManyDistinctAscending(string grid)
    {
        foreach (int timesteps in (int[])[1, 2, 7, 100])
        {
            for (int steps = 1; steps <= timesteps; steps++)
            {
                IReadOnlyList<int> visited = TimeGrid.Visit(grid, timesteps, steps);
                Assert.Equal(steps, visited.Count);
                Assert.Equal(visited.Distinct().Order(), visited);
                Assert.InRange(visited[0], 0, timesteps - 1);
                if (grid == TimeGrid.Leading)
                    Assert.Equal(0, visited[0]);
                else if (steps > 1 || grid == TimeGrid.Trailing)
                    Assert.Equal(timesteps - 1, visited[^1]);
            }
        }
    }

    private static SampleRequest Request(long first, int count) => new() { Seed = 11, FirstIndex = first, Count = count, Shape = (3, 4, 4) };

    private static double[] Draw(Sampler sampler, DiffusionModel model, long first, int count)
    {
        using Tensor sample = sampler.Sample(model, Stub, Request(first, count));
        return GoldenFile.Values(sample);
    }

    // Elementwise, so that only the sampler could mix images.
    private static Tensor Stub(Tensor xt, Tensor t) => GoldenFile.Stub(xt, t);
}
