using System.Runtime.InteropServices;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.SampleModes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.SampleModes;

public sealed class ReconstructionModeTests
{
    [Fact]
    public void Draw_MoreSteps_HasASmallerError()
    {
        // Song, Meng, Ermon 2020, table 2: 0.014 at 10 steps, 0.0023 at 50, 0.0001 at 1000, of a trained network.
        double[] errors = [.. new[] { 5, 10, 25, 50, 100 }.Select(steps => Error(Of(steps)).Value)];
        Assert.Equal(errors.OrderDescending(), errors);
        Assert.True(errors[0] > 20 * errors[^1] && errors[^1] < 1e-3, string.Join(", ", errors));
    }

    [Fact]
    public void Draw_Images_MeasuresTheirErrorInPixelsFromZeroToOne()
    {
        DrawnImages drawn = Of(10).Draw();
        byte[] originals = Drawn.Bytes(drawn, "originals");
        Assert.Equal([0], originals.Take(1));
        Assert.Equal(3, drawn.Rows[0].Images.Count);

        // Bytes are rounded and clamped, so they give the error only about.
        double[] perImage = [.. Enumerable.Range(0, 3).Select(i => Drawn.Image(originals, i).Zip(Drawn.Image(drawn.Images, i), (a, b) => Math.Pow((a - b) / 255.0, 2)).Average())];
        MetricValue value = Assert.Single(drawn.Values);
        Assert.Equal(("reconstruction_mse", true), (value.Name, value.LowerIsBetter));
        Assert.InRange(perImage.Average() / value.Value, 0.4, 1.01);
        Assert.Equal("10", value.Protocol["sampler"]!["steps"]!.ToString());
        Assert.Equal(("test", "3", "100"), (value.Protocol["split"]!.ToString(), value.Protocol["images"]!.ToString(), value.Protocol["timesteps"]!.ToString()));
        Assert.True(value.StandardError > 0);
        Assert.Null(Error(Of(10, count: 1)).StandardError);
    }

    [Fact]
    public void Draw_Latents_DecodeToTheSameImages()
    {
        using DisposeScope scope = NewDisposeScope();
        Drawn drawn = Of(25);
        DrawnImages result = drawn.Draw();
        Tensor latents = tensor(MemoryMarshal.Cast<byte, float>(Drawn.Bytes(result, "latents")).ToArray(), [3, 1, 8, 8]);
        Tensor decoded = drawn.Sampling.Sampler.Sample(drawn.Context.Model, drawn.Context.Network([0, 0, 0]), drawn.Context.Request([0, 1, 2]) with { ReplayedNoise = _ => latents.clone() });
        Assert.Equal(result.Images, SampleWriter.Quantise(decoded));

        // The ideal network of a Gaussian takes data to latents of its own spread.
        Assert.InRange(latents.abs().max().item<float>(), 1, 4);
    }

    [Fact]
    public void Draw_Rows_AlternateOriginalsAndDecoded()
    {
        DrawnImages drawn = new Drawn(new ReconstructionMode { Split = "train" }, count: 5, columns: 2).Draw();
        Assert.Equal(["original", "decoded", "original", "decoded", "original", "decoded"], drawn.Rows.Select(row => row.Label));
        Assert.Equal([2, 2, 2, 2, 1, 1], drawn.Rows.Select(row => row.Images.Count));
        Assert.Equal(Drawn.Image(drawn.Images, 4), drawn.Rows[5].Images[0].ToArray());
        Assert.Equal(Drawn.Image(Drawn.Bytes(drawn, "originals"), 3), drawn.Rows[2].Images[1].ToArray());
    }

    [Fact]
    public void Draw_ConditionalNetwork_IsToldTheLabelsOfTheImages()
    {
        Drawn drawn = new(new ReconstructionMode(), count: 4, labelCount: 10);
        DrawnImages result = drawn.Draw();
        Assert.Equal([0, 1, 2, 3], drawn.Labels);
        Assert.Equal("1", Assert.Single(result.Values).Protocol["guidance_scale"]!.ToString());
    }

    [Fact]
    public void Draw_MoreImagesThanTheDataHave_NamesTheSet() => Assert.Equal(
        "sampling.count: asks for image 1797 (from 0), but the test split of optdigits has 1797",
        Assert.Throws<SpecException>(() => new Drawn(new ReconstructionMode(), count: 1798).Draw()).Message);

    private static Drawn Of(int steps, int count = 3) => new(new ReconstructionMode(), new DdimSampler { Steps = steps, ClipDenoised = false }, count);

    private static MetricValue Error(Drawn drawn) => Assert.Single(drawn.Draw().Values);
}
