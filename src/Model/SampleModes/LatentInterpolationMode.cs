using System.ComponentModel.DataAnnotations;
using System.Globalization;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.SampleModes;

/// <summary>
/// Ways between two latents, <c>sampling.count</c> of them: way i leads from x_T of sample 2 i to that of sample 2 i + 1 along the sphere. Goes with samplers that add no
/// noise, whose images follow from x_T. All images of a way have one label, in turn as those of samples.
/// </summary>
[Kind("latent_interpolation", Summary = "images between two samples, along the sphere from one latent to the other; count is the number of ways",
    Source = "Song, Meng, Ermon 2020 (arXiv:2010.02502), section 5.3 and appendix D.5")]
public sealed record LatentInterpolationMode : SampleMode, IRunCheck
{
    /// <summary>Images between the two ends, evenly spaced along the arc: 9 are those at 0.1, 0.2, ... 0.9.</summary>
    [Description("images between the two ends, evenly spaced")]
    [Range(1, 1000)]
    public int Between { get; init; } = 9;

    private int Shares => Between + 2;

    /// <inheritdoc/>
    public override long NetworkEvaluations(SamplingSpec sampling, int timesteps)
        => (long)sampling.Count * Shares * sampling.Sampler.NetworkEvaluations(timesteps);

    /// <inheritdoc/>
    public override DrawnImages Draw(SampleContext context)
    {
        (int ways, int size) = (context.Sampling.Count, context.ImageSize);
        byte[] images = new byte[ways * Shares * size];
        float[] latents = new float[images.Length];
        foreach (int[] batch in context.Batches(ways * Shares))
        {
            using DisposeScope scope = NewDisposeScope();
            Memory<float> xT = latents.AsMemory(batch[0] * size, batch.Length * size);
            for (int i = 0; i < batch.Length; i++)
                LatentOf(context, batch[i]).CopyTo(xT[(i * size)..]);

            long[] of = [.. batch.Select(i => (long)(i / Shares))];
            (int c, int h, int w) = context.Shape;
            Tensor Latents(int step) => tensor(xT.ToArray(), [batch.Length, c, h, w], device: new Device(context.Device));
            Tensor x0 = context.Sampling.Sampler.Sample(
                context.Model, context.Network([.. of.Select(context.LabelOf)]), context.Request(of) with { ReplayedNoise = Latents });
            SampleWriter.Quantise(x0).CopyTo(images, batch[0] * size);
        }

        return new DrawnImages
        {
            Images = images,
            Headings = [.. Enumerable.Range(0, Shares).Select(j => ShareOf(j).ToString("0.##", CultureInfo.InvariantCulture))],
            Rows = [.. PictureRow.Of(images, size, Shares).Select((row, way) => row with { Label = $"{2 * way} to {2 * way + 1}" })],
            Tensors = [SampleFile.Floats("latents", latents, [ways * Shares, context.Shape.C, context.Shape.H, context.Shape.W])],
            Metadata = new Dictionary<string, string> { ["shares"] = Shares.ToString(CultureInfo.InvariantCulture) },
        };
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (run.Sampling.Sampler.AddsNoise)
        {
            throw new SpecException(path, $"latent_interpolation cannot be used with the sampler {SpecJson.Canonical(SpecJson.Write(run.Sampling.Sampler))}, which adds noise: "
                + "an image then does not follow from its latent; use eta 0, or another sampler");
        }
    }

    private float[] LatentOf(SampleContext context, int image) => SphericalInterpolation.Between(
        SampleNoise.Latent(context.Seed, image / Shares * 2, context.ImageSize),
        SampleNoise.Latent(context.Seed, image / Shares * 2 + 1, context.ImageSize),
        ShareOf(image % Shares));

    private double ShareOf(int place) => place / (Between + 1.0);
}
