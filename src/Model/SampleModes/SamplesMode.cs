using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.SampleModes;

/// <summary>Images from noise: <c>sampling.count</c> of them, in rows of <c>sampling.columns</c>.</summary>
[Kind("samples", Summary = "images from noise; count is the number of images", Source = "Ho et al. 2020 (arXiv:2006.11239), algorithm 2")]
public sealed record SamplesMode : SampleMode
{
    /// <inheritdoc/>
    public override long NetworkEvaluations(SamplingSpec sampling, int timesteps) => (long)sampling.Count * sampling.Sampler.NetworkEvaluations(timesteps);

    /// <inheritdoc/>
    public override DrawnImages Draw(SampleContext context)
    {
        int size = context.ImageSize;
        byte[] images = new byte[context.Sampling.Count * size];
        foreach (int[] batch in context.Batches(context.Sampling.Count))
        {
            using DisposeScope scope = NewDisposeScope();
            long[] numbers = [.. batch.Select(i => (long)i)];
            Tensor x0 = context.Sampling.Sampler.Sample(context.Model, context.Network([.. numbers.Select(context.LabelOf)]), context.Request(numbers));
            SampleWriter.Quantise(x0).CopyTo(images, batch[0] * size);
        }

        return new DrawnImages { Images = images, Rows = PictureRow.Of(images, size, context.Sampling.Columns) };
    }
}
