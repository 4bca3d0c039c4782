using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

public class BatchSourceTests
{
    private static readonly ImageSet Images = new([.. Enumerable.Range(0, 40).Select(i => (byte)i)], 10, (1, 2, 2), 40, new byte[10], "hash");

    private static BatchSource Source(int batchSize, bool flip = false) => new(
        new RunSpec { Seed = 3, Data = new Optdigits(), Training = new TrainingSpec { BatchSize = batchSize, HorizontalFlip = flip } }, Images, CPU);

    [Fact]
    public void Indices_AcrossEpochEnds_VisitEveryImageOnceAnEpoch()
    {
        BatchSource source = Source(4);
        int[] visited = [.. Enumerable.Range(0, 10).SelectMany(step => source.Indices(step))];
        for (int epoch = 0; epoch < 4; epoch++)
            Assert.Equal(Enumerable.Range(0, 10), visited[(10 * epoch)..(10 * epoch + 10)].Order());
        Assert.NotEqual(visited[..10], visited[10..20]);
    }

    [Fact]
    public void Indices_AnyOrderOfSteps_AreThoseOfTheStep() =>
        Assert.Equal(Source(4).Indices(7), Enumerable.Range(0, 9).Reverse().Select(step => (step, Source(4))).First(pair => pair.step == 7).Item2.Indices(7));

    [Fact]
    public void Indices_BatchLargerThanTheData_GoesThroughItAgain() => Assert.Equal(25, Source(25).Indices(3).Length);

    [Fact]
    public void Draw_WithFlips_MirrorsSomeImagesAndKeepsTheRest()
    {
        using DisposeScope scope = NewDisposeScope();
        BatchSource plain = Source(10);
        BatchSource flipping = Source(10, flip: true);
        int mirrored = 0;
        for (int step = 0; step < 20; step++)
        {
            Tensor a = plain.Draw(step, null).X0;
            Tensor b = flipping.Draw(step, null).X0;
            for (int row = 0; row < 10; row++)
            {
                bool same = a[row].equal(b[row]).all().item<bool>();
                Assert.True(same || a[row].flip(2).equal(b[row]).all().item<bool>());
                mirrored += same ? 0 : 1;
            }
        }

        Assert.InRange(mirrored, 65, 135); // 200 fair coins, 5 standard deviations
    }

    [Fact]
    public void Draw_EachStep_HasItsOwnNoise()
    {
        using DisposeScope scope = NewDisposeScope();
        Batch a = Source(4).Draw(5, null);
        Batch b = Source(4).Draw(5, null);
        Assert.True(a.Noise.equal(b.Noise).all().item<bool>());
        Assert.Equal([4, 1, 2, 2], a.Noise.shape);
        Assert.False(a.Noise.equal(Source(4).Draw(6, null).Noise).any().item<bool>());
        Assert.False(a.Noise[0].equal(a.Noise[1]).any().item<bool>());
    }

    [Fact]
    public void Draw_WithLabelDropout_KeepsTheOthersAndIsAFunctionOfTheStep()
    {
        using DisposeScope scope = NewDisposeScope();
        ImageSet labelled = new(new byte[40], 10, (1, 2, 2), 40, [.. Enumerable.Range(0, 10).Select(i => (byte)i)], "hash");
        BatchSource Labelled(int classes) => new(
            new RunSpec
            {
                Seed = 3, Data = new Optdigits(), Network = new DdpmUnet { Classes = classes },
                Training = new TrainingSpec { BatchSize = 1000, LabelDropout = 0.2 },
            }, labelled, CPU);
        BatchSource source = Labelled(10);

        int[] images = source.Indices(5);
        long[] labels = source.Draw(5).Labels!.data<long>().ToArray();
        Assert.All(images.Zip(labels), pair => Assert.True(pair.Second == -1 || pair.Second == pair.First));
        Assert.InRange(labels.Count(label => label == -1), 140, 260); // 5 standard deviations
        Assert.Equal(labels, Labelled(10).Draw(5).Labels!.data<long>().ToArray());
        Assert.NotEqual(labels.Select(label => label == -1), source.Draw(6).Labels!.data<long>().ToArray().Select(label => label == -1));
        Assert.Equal("network.classes", Assert.Throws<SpecException>(() => Labelled(9).Draw(5)).Path);
        Assert.Null(Source(4).Draw(0).Labels);
    }
}
