using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.SampleModes;

/// <summary>What every mode must keep.</summary>
public sealed class SampleModeContractTests
{
    public static TheoryData<SampleMode, Sampler> Combinations
    {
        get
        {
            Sampler ddim = new DdimSampler { Steps = 10, ClipDenoised = false };
            TheoryData<SampleMode, Sampler> data = [];
            foreach (Type kind in typeof(SampleMode).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(SampleMode))))
                data.Add((SampleMode)Activator.CreateInstance(kind)!, ddim);
            data.Add(new SamplesMode(), new AncestralSampler());
            data.Add(new SamplesMode(), new DpmSolver());
            data.Add(new ProgressiveMode { Every = 7 }, new AncestralSampler { Steps = 20 });
            data.Add(new ProgressiveMode(), new HeunSampler());
            data.Add(new ImageInterpolationMode { Timesteps = [0, 50, 99], Between = 2 }, new AncestralSampler { Steps = 30 });
            data.Add(new ImageInterpolationMode { Timesteps = [33] }, new DdimSampler { Steps = 10, Eta = 0.7 });
            data.Add(new LatentInterpolationMode { Between = 1 }, new HeunSampler());
            data.Add(new LatentInterpolationMode(), new EulerAncestralSampler { Eta = 0 });
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Draw_AnyBatchSize_GivesTheSameImagesAndTensors(SampleMode mode, Sampler sampler)
    {
        DrawnImages whole = new Drawn(mode, sampler).Draw();
        Assert.True(whole.Images.Length >= 3 * 64 && whole.Images.Distinct().Count() > 10);
        foreach (int batchSize in new[] { 1, 2, 5 })
        {
            DrawnImages parts = new Drawn(mode, sampler, batchSize: batchSize).Draw();
            Assert.Equal(whole.Images, parts.Images);
            Assert.Equal(whole.Metadata, parts.Metadata);
            Assert.All(whole.Tensors, tensor => Assert.Equal(Drawn.Bytes(whole, tensor.Name), Drawn.Bytes(parts, tensor.Name)));
            Assert.Equal(whole.Values.Select(value => value.Value), parts.Values.Select(value => value.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Draw_MoreImages_BeginsWithThoseOfFewer(SampleMode mode, Sampler sampler)
    {
        byte[] few = new Drawn(mode, sampler, count: 2).Draw().Images;
        byte[] more = new Drawn(mode, sampler, count: 4).Draw().Images;
        Assert.Equal(2 * few.Length, more.Length);
        Assert.Equal(few, more[..few.Length]);
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Draw_AnySampler_AsksTheNetworkAsOftenAsItSaysAndLeaksNothing(SampleMode mode, Sampler sampler)
    {
        new Drawn(mode, sampler, count: 1).Draw();
        Drawn drawn = new(mode, sampler, batchSize: 4);
        using DisposeScope scope = NewDisposeScope();
        DrawnImages result = drawn.Draw();
        Assert.Equal(mode.NetworkEvaluations(drawn.Sampling, Drawn.T), drawn.Asked);
        Assert.Equal(0, scope.DisposablesCount);

        // Every row of the picture is whole, and stands under as many headings as it has images.
        Assert.All(result.Rows, row => Assert.All(row.Images, image => Assert.Equal(64, image.Length)));
        if (result.Headings.Count > 0)
            Assert.All(result.Rows, row => Assert.Equal(result.Headings.Count, row.Images.Count));
        Assert.All(result.Tensors, tensor => Assert.NotEmpty(Drawn.Bytes(result, tensor.Name)));
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Draw_StopAskedAtAnyCall_EndsBeforeTheNext(SampleMode mode, Sampler sampler)
    {
        // A few places all over the way: in the middle of the first batch, and in a later one.
        foreach (int at in new[] { 1, 4, 11 })
        {
            using CancellationTokenSource stop = new();
            int calls = 0;
            Drawn drawn = new(mode, sampler, count: 12, batchSize: 6, stop: stop.Token, onCall: () =>
            {
                if (++calls == at)
                    stop.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() => drawn.Draw());
            Assert.Equal(at, calls);
        }
    }
}
