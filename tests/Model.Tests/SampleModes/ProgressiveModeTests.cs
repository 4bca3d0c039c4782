using System.Globalization;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;

namespace DdpmJobs.Model.Tests.SampleModes;

public sealed class ProgressiveModeTests
{
    public static TheoryData<string> Official => GoldenFile.Cases("samplers", "cases", name => name.StartsWith("official_progressive", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Official))]
    public void Draw_EveryOfTheOfficialProgram_HasItsSlots(string name)
    {
        // official_progressive/linear(unscaled 1e-4..0.02)/T=10/freq=3/fixedlarge
        string[] words = name.Split('/');
        DiffusionModel model = GoldenFile.Model(new LinearSchedule().Betas(int.Parse(words[2][2..], CultureInfo.InvariantCulture)), "eps", words[^1]);
        int every = int.Parse(words[3].Split('=')[1], CultureInfo.InvariantCulture);
        Drawn drawn = new(new ProgressiveMode { Every = every }, new AncestralSampler());
        DrawnImages result = drawn.Sampling.Mode.Draw(drawn.Context with { Model = model, Network = _ => GoldenFile.Stub });

        int slots = (int)GoldenFile.Number(GoldenFile.Read("samplers")["cases"]![name]!["recorded"]);
        int[] times = [.. Enumerable.Range(0, slots).Select(slot => slot * every)];
        Assert.Equal(string.Join(",", times), result.Metadata["progressive_times"]);
        Assert.Equal(times.Reverse().Select(t => $"t={t}"), result.Headings);
        Assert.Equal([slots, 3L, 1, 8, 8], Assert.Single(result.Tensors).Shape);
    }

    [Fact]
    public void Draw_WithoutEvery_HasAsManyPredictionsAsColumnsAndEndsInTheImage()
    {
        DrawnImages progressive = new Drawn(new ProgressiveMode(), new AncestralSampler(), columns: 5).Draw();
        Assert.Equal(["t=80", "t=60", "t=40", "t=20", "t=0"], progressive.Headings);
        Assert.Equal(new Drawn(new SamplesMode(), new AncestralSampler()).Draw().Images, progressive.Images);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Drawn.Image(progressive.Images, i), progressive.Rows[i].Images[^1].ToArray());
            Assert.NotEqual(Drawn.Image(progressive.Images, i), progressive.Rows[i].Images[0].ToArray());
        }

        // The file has the finished image first, as the slots are numbered.
        byte[] slots = Drawn.Bytes(progressive, "progressive");
        Assert.Equal(progressive.Images, slots[..progressive.Images.Length]);
        Assert.Equal(progressive.Rows[2].Images[0].ToArray(), Drawn.Image(slots, 4 * 3 + 2));
    }

    [Fact]
    public void Draw_SamplerThatDoesNotEndInAPrediction_ShowsTheImageToo()
    {
        DrawnImages drawn = new Drawn(new ProgressiveMode(), new DpmSolver { DenoiseFinal = false }, columns: 4).Draw();
        Assert.Equal("image", drawn.Headings[^1]);
        Assert.Equal(Drawn.Image(drawn.Images, 1), drawn.Rows[1].Images[^1].ToArray());
    }
}
