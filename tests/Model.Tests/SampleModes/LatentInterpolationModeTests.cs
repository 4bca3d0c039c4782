using System.Runtime.InteropServices;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;

namespace DdpmJobs.Model.Tests.SampleModes;

public sealed class LatentInterpolationModeTests
{
    [Fact]
    public void Draw_EndsOfEachWay_AreTheSamplesOfTheSameSeed()
    {
        byte[] samples = new Drawn(new SamplesMode(), new HeunSampler(), count: 6).Draw().Images;
        DrawnImages drawn = new Drawn(new LatentInterpolationMode { Between = 3 }, new HeunSampler()).Draw();
        Assert.Equal(["0", "0.25", "0.5", "0.75", "1"], drawn.Headings);
        Assert.Equal(["0 to 1", "2 to 3", "4 to 5"], drawn.Rows.Select(row => row.Label));
        for (int way = 0; way < 3; way++)
        {
            Assert.Equal(Drawn.Image(samples, 2 * way), drawn.Rows[way].Images[0].ToArray());
            Assert.Equal(Drawn.Image(samples, 2 * way + 1), drawn.Rows[way].Images[4].ToArray());
            Assert.NotEqual(drawn.Rows[way].Images[0].ToArray(), drawn.Rows[way].Images[2].ToArray());
        }

        // Latents between two are as long as latents are; half-way on a straight line they would have 0.71 of it.
        float[] latents = MemoryMarshal.Cast<byte, float>(Drawn.Bytes(drawn, "latents")).ToArray();
        double Length(int image) => Math.Sqrt(latents.AsSpan(64 * image, 64).ToArray().Sum(x => (double)x * x));
        for (int way = 0; way < 3; way++)
            Assert.InRange(Length(5 * way + 2) / ((Length(5 * way) + Length(5 * way + 4)) / 2), 0.95, 1.05);
    }

    [Fact]
    public void Draw_ConditionalNetwork_GivesAWayOneLabel()
    {
        Drawn drawn = new(new LatentInterpolationMode { Between = 1 }, labelCount: 2);
        drawn.Draw();
        Assert.Equal([0, 0, 0, 1, 1, 1, 0, 0, 0], drawn.Labels);

        // Where the spec chooses classes, these in turn.
        SampleContext chosen = drawn.Context with { Sampling = drawn.Sampling with { Classes = [7, 2] } };
        Assert.Equal([7, 2, 7], new long[] { 0, 1, 2 }.Select(chosen.LabelOf));
    }
}
