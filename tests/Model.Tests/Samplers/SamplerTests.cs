using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public sealed class SamplerTests
{
    public static TheoryData<Sampler> Samplers =>
    [
        new AncestralSampler(), new AncestralSampler { Steps = 7 }, new DdimSampler { Steps = 10 }, new DdimSampler { Steps = 10, Eta = 1 },
    ];

    public static TheoryData<Type> Kinds => [.. typeof(Sampler).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Sampler)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_AnyBatching_GivesTheSameImages(Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=20", "eps", "fixedlarge");
        double[] whole = Draw(sampler, model, 0, 64);
        double[] halves = [.. Draw(sampler, model, 0, 32), .. Draw(sampler, model, 32, 32)];
        double[] singles = [.. Enumerable.Range(0, 64).SelectMany(i => Draw(sampler, model, i, 1))];
        Assert.Equal(whole, halves);
        Assert.Equal(whole, singles);
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

    [Fact]
    public void Sample_ExactNetworkOfOneGaussian_HasItsMoments()
    {
        // Data N(0.1, 0.5^2): the ideal eps is known, so the sampler alone is on trial.
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=200", "eps", "fixedsmall");
        Tensor Ideal(Tensor xt, Tensor t)
        {
            double a = model.Process.SqrtAlphasCumprod[(int)t.ReadCpuInt64(0)];
            double s = model.Process.SqrtOneMinusAlphasCumprod[(int)t.ReadCpuInt64(0)];
            return s * (xt - 0.1 * a) / (0.25 * a * a + s * s);
        }

        foreach (Sampler sampler in (Sampler[])[new AncestralSampler { ClipDenoised = false }, new DdimSampler { Steps = 100, ClipDenoised = false }])
        {
            double[] x = GoldenFile.Values(sampler.Sample(model, Ideal, Request(0, 400)));
            double mean = x.Average();
            Assert.InRange(mean, 0.1 - 0.02, 0.1 + 0.02);
            Assert.InRange(Math.Sqrt(x.Average(value => (value - mean) * (value - mean))), 0.48, 0.52);
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

    [Theory]
    [InlineData(TimeGrid.Linspace)]
    [InlineData(TimeGrid.Trailing)]
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
                if (steps > 1 || grid == TimeGrid.Trailing)
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
