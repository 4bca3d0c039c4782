using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.SampleModes;

/// <summary>
/// Images of a split, the first <c>sampling.count</c>, encoded to latents and decoded again; the error of the round trip is measured. Goes with <c>ddim</c> at eta 0
/// without clipping, on a grid that visits t = 0.
/// </summary>
[Kind("reconstruction", Summary = "images of the data encoded to latents by DDIM and decoded again; measures reconstruction_mse",
    Source = "Song, Meng, Ermon 2020 (arXiv:2010.02502), section 5.4 and table 2")]
public sealed record ReconstructionMode : SampleMode, IRunCheck
{
    /// <summary>Which images: <c>test</c> or <c>train</c>.</summary>
    [Description("which images: test or train")]
    [AllowedValues(SplitName.Test, SplitName.Train)]
    public string Split { get; init; } = SplitName.Test;

    /// <inheritdoc/>
    // The way up ends where the way down begins, and makes no call there.
    public override long NetworkEvaluations(SamplingSpec sampling, int timesteps) => (long)sampling.Count * (2 * sampling.Sampler.NetworkEvaluations(timesteps) - 1);

    /// <inheritdoc/>
    public override DrawnImages Draw(SampleContext context)
    {
        ImageSet set = context.Images(SplitName.Of(Split));
        (int count, int size) = (context.Sampling.Count, context.ImageSize);
        SplitImages.Require(count - 1, set.Count, Split, context.Data, "sampling.count");
        DdimSampler sampler = (DdimSampler)context.Sampling.Sampler;
        IReadOnlyList<int> grid = sampler.Visited(context.Model.Process.Timesteps);
        byte[] images = new byte[count * size];
        float[] latents = new float[count * size];
        double[] errors = new double[count];
        foreach (int[] batch in context.Batches(count))
        {
            using DisposeScope scope = NewDisposeScope();
            Func<Tensor, Tensor, Tensor> network = context.Network(context.LabelsOf(set, batch));
            Tensor x0 = set.Batch(batch).to(new Device(context.Device));
            Tensor latent = DdimInversion.Encode(context.Model, network, x0, grid, clipDenoised: false, context.Stop);
            Tensor back = sampler.Sample(context.Model, network, context.Request([.. batch.Select(i => (long)i)]) with { ReplayedNoise = _ => latent.clone() });

            // Table 2 is of pixels in [0, 1]; ours are in [-1, 1].
            using IDisposable noGrad = no_grad();
            ((back.to(float64) - x0.to(float64)) / 2).square().mean([1, 2, 3]).cpu().data<double>().CopyTo(errors, batch[0]);
            latent.cpu().data<float>().CopyTo(latents, batch[0] * size);
            SampleWriter.Quantise(back).CopyTo(images, batch[0] * size);
        }

        return Lay(context, set, images, latents, errors);
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (run.Sampling.Sampler is not DdimSampler sampler)
        {
            throw new SpecException(path, $"reconstruction cannot be used with the sampler {Kinds.NameOf(run.Sampling.Sampler)}: "
                + "only the steps of ddim are run upwards; use { kind: ddim, clip_denoised: false }");
        }

        if (sampler.Eta > 0)
            throw new SpecException("sampling.sampler.eta", FormattableString.Invariant($"must be 0 for the mode reconstruction, because noise that is added cannot be undone; got {sampler.Eta}"));
        if (sampler.ClipDenoised)
            throw new SpecException("sampling.sampler.clip_denoised", "must be false for the mode reconstruction, because clipping cannot be undone on the way back; got true");
        if (sampler.Visited(run.Process.Timesteps) is [> 0 and int first, ..])
        {
            throw new SpecException("sampling.sampler.grid",
                $"must visit t = 0 for the mode reconstruction, because that is where images enter the way; {sampler.Grid} begins at t = {first}; use {TimeGrid.Linspace}");
        }

        SplitImages.RequireNoClasses(run, path);
        if (run.Data.CountOf(SplitName.Of(Split)) is int there)
            SplitImages.Require(run.Sampling.Count - 1, there, Split, Kinds.NameOf(run.Data), "sampling.count");
    }

    private DrawnImages Lay(SampleContext context, ImageSet set, byte[] images, float[] latents, double[] errors)
    {
        (int count, int size, int columns) = (errors.Length, context.ImageSize, context.Sampling.Columns);
        byte[] originals = SplitImages.Bytes(set, [.. Enumerable.Range(0, count)]);
        long[] shape = [count, set.Shape.C, set.Shape.H, set.Shape.W];
        return new DrawnImages
        {
            Images = images,
            Rows = [.. PictureRow.Of(originals, size, columns).Zip(PictureRow.Of(images, size, columns),
                (original, decoded) => (PictureRow[])[original with { Label = "original", BeginsGroup = true }, decoded with { Label = "decoded" }]).SelectMany(rows => rows)],
            Tensors =
            [
                new SafetensorContent("originals", SafetensorType.U8, shape, stream => stream.Write(originals)),
                SampleFile.Floats("latents", latents, shape),
            ],
            Metadata = SplitImages.Metadata(context, set, Split),
            Values = [Measured(context, set, errors)],
        };
    }

    private MetricValue Measured(SampleContext context, ImageSet set, double[] errors)
    {
        JsonObject protocol = (JsonObject)context.BaseProtocol.DeepClone();
        protocol["metric"] = "reconstruction_mse";
        protocol["split"] = Split;
        protocol["data_hash"] = set.ContentHash;
        protocol["images"] = errors.Length;
        protocol["pixels"] = "0 to 1, not rounded";
        protocol["timesteps"] = context.Model.Process.Timesteps;
        protocol["sampler"] = SpecJson.Write(context.Sampling.Sampler);
        if (context.LabelCount > 0)
            protocol["guidance_scale"] = context.Sampling.GuidanceScale;
        return new MetricValue
        {
            Name = "reconstruction_mse",
            Value = errors.Average(),
            StandardError = errors.Length < 2 ? null : Math.Sqrt(Spread.VarianceOfMean(errors)),
            Unit = "squared error/dim",
            Protocol = protocol,
        };
    }
}
