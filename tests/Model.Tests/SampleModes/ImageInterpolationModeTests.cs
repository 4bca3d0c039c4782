using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.SampleModes;

public sealed class ImageInterpolationModeTests
{
    public static TheoryData<Sampler> Samplers => [new AncestralSampler(), new AncestralSampler { Steps = 20 }, new DdimSampler { Steps = 10 }];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Draw_SharesZeroAndOne_AreTheReconstructionsOfTheEnds(Sampler sampler)
    {
        ImageInterpolationMode mode = new() { Timesteps = [40], Between = 3, Pairs = [new ImagePair { From = 6, To = 2 }] };
        Drawn drawn = new(mode, sampler, count: 1);
        byte[] images = drawn.Draw().Images;
        Assert.Equal(5 * 64, images.Length);
        Assert.Equal(Reconstruction(drawn, 6, 40), Drawn.Image(images, 0));
        Assert.Equal(Reconstruction(drawn, 2, 40), Drawn.Image(images, 4));
        Assert.NotEqual(Drawn.Image(images, 0), Drawn.Image(images, 2));

        // What is between lies nearer to the end that it is said to.
        double Distance(int a, int b) => Drawn.Image(images, a).Zip(Drawn.Image(images, b), (x, y) => Math.Pow(x - y, 2)).Sum();
        Assert.True(Distance(1, 0) < Distance(1, 4) && Distance(3, 4) < Distance(3, 0));
    }

    [Fact]
    public void Draw_SmallAndLargeT_AreNearAndFarFromTheImage()
    {
        ImageSet digits = new Optdigits().Load(Split.Test, null);
        DrawnImages drawn = new Drawn(new ImageInterpolationMode { Timesteps = [2, 60], Between = 1 }, new AncestralSampler(), count: 1).Draw();
        double Error(int row) => drawn.Rows[row].Images[1].ToArray().Select((level, pixel) => Math.Abs(level - digits.Pixels(0)[pixel] * 255 / 16.0)).Average();
        Assert.True(Error(0) < 20 && Error(1) > 2 * Error(0), $"{Error(0)} at t = 2, {Error(1)} at t = 60");
    }

    [Fact]
    public void Draw_SeveralTimesteps_HasARowForEachWithTheSourcesAtItsEnds()
    {
        ImageInterpolationMode mode = new() { Timesteps = [10, 70], Between = 4, Split = "train", Pairs = [new ImagePair { From = 3, To = 8 }, new ImagePair { From = 0, To = 1 }] };
        DrawnImages drawn = new Drawn(mode, count: 3).Draw();
        Assert.Equal(["from", "0", "0.2", "0.4", "0.6", "0.8", "1", "to"], drawn.Headings);
        Assert.Equal(["3 to 8, t=10", "3 to 8, t=70", "0 to 1, t=10", "0 to 1, t=70", "3 to 8, t=10", "3 to 8, t=70"], drawn.Rows.Select(row => row.Label));
        Assert.Equal(("3-8,0-1,3-8", "10,70", "6"), (drawn.Metadata["pairs"], drawn.Metadata["timesteps"], drawn.Metadata["shares"]));

        // The ends are the data; pixels of 17 levels become bytes by rounding.
        byte[] third = [.. new Optdigits().Load(Split.Train, null).Pixels(3).ToArray().Select(level => (byte)Math.Round(level * 255 / 16.0, MidpointRounding.ToEven))];
        Assert.Equal(third, drawn.Rows[1].Images[0].ToArray());
        Assert.Equal(third, Drawn.Image(Drawn.Bytes(drawn, "sources"), 0));

        // A row is what it is without the others.
        byte[] alone = new Drawn(mode with { Timesteps = [70] }, count: 3).Draw().Images;
        for (int way = 0; way < 3; way++)
        {
            Assert.Equal(alone[(6 * 64 * way)..(6 * 64 * (way + 1))], drawn.Images[(6 * 64 * (2 * way + 1))..(6 * 64 * (2 * way + 2))]);
            Assert.Equal(Drawn.Image(alone, 6 * way + 5), drawn.Rows[2 * way + 1].Images[6].ToArray());
        }

        // A pair that comes again is drawn with other noise.
        Assert.NotEqual(Drawn.Image(alone, 0), Drawn.Image(alone, 12));
    }

    [Fact]
    public void Draw_ConditionalNetwork_IsToldTheLabelOfTheNearerEnd()
    {
        // The first test digits are 0, 1, 2, 3, ...
        Drawn drawn = new(new ImageInterpolationMode { Between = 3 }, count: 2, labelCount: 10);
        DrawnImages result = drawn.Draw();
        Assert.Equal([0, 0, 0, 1, 1, 2, 2, 2, 3, 3], drawn.Labels);
        Assert.Equal("those of the images", result.Metadata["classes"]);
        Assert.Equal(["0 to 1, t=50", "2 to 3, t=50"], result.Rows.Select(row => row.Label));
    }

    [Fact]
    public void Draw_ImageThatTheDataHaveNot_NamesPlaceAndSet()
    {
        Drawn listed = new(new ImageInterpolationMode { Pairs = [new ImagePair { From = 0, To = 1 }, new ImagePair { From = 1797, To = 2 }] }, count: 2);
        Assert.Equal("sampling.mode.pairs[1]: asks for image 1797 (from 0), but the test split of optdigits has 1797", Assert.Throws<SpecException>(listed.Draw).Message);
        Drawn counted = new(new ImageInterpolationMode(), count: 899);
        Assert.Equal("sampling.count: asks for image 1797 (from 0), but the test split of optdigits has 1797", Assert.Throws<SpecException>(counted.Draw).Message);
    }

    private static byte[] Reconstruction(Drawn drawn, int image, int t)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = new Optdigits().Load(Split.Test, null).Batch([image]);
        SampleContext context = drawn.Context;
        return SampleWriter.Quantise(LatentInterpolation.Draw(
            (IResumingSampler)context.Sampling.Sampler, context.Model, context.Network([0]), x0, x0, t, [0], context.Request([0])));
    }
}
