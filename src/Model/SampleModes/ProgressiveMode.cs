using System.ComponentModel.DataAnnotations;
using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.SampleModes;

/// <summary>The predicted image over time: a row for each of <c>sampling.count</c> images, from the noisy end to the finished image. Goes with every sampler.</summary>
[Kind("progressive", Summary = "the predicted image over time, a row for each of count images", Source = "Ho et al. 2020 (arXiv:2006.11239), section 4.3 and figure 6")]
public sealed record ProgressiveMode : SampleMode, IRunCheck
{
    /// <summary>
    /// Timesteps a recorded prediction: slot s keeps the prediction at the smallest time visited in [s every, (s + 1) every). Null for T / <c>sampling.columns</c>,
    /// rounded down, at least 1: as many predictions as the picture has columns, or a few more where T is small.
    /// </summary>
    [Description("timesteps a recorded prediction; null for T / sampling.columns")]
    [Range(1, int.MaxValue)]
    public int? Every { get; init; }

    /// <inheritdoc/>
    public override long NetworkEvaluations(SamplingSpec sampling, int timesteps) => (long)sampling.Count * sampling.Sampler.NetworkEvaluations(timesteps);

    /// <inheritdoc/>
    public override DrawnImages Draw(SampleContext context)
    {
        (int count, int size) = (context.Sampling.Count, context.ImageSize);
        int every = Every ?? Math.Max(1, context.Model.Process.Timesteps / context.Sampling.Columns);
        byte[] images = new byte[count * size];
        List<byte[]> predictions = [];
        IReadOnlyList<double> times = [];
        foreach (int[] batch in context.Batches(count))
        {
            using DisposeScope scope = NewDisposeScope();
            long[] numbers = [.. batch.Select(i => (long)i)];
            ProgressiveSamples drawn = ProgressiveGeneration.Draw(
                context.Sampling.Sampler, context.Model, context.Network([.. numbers.Select(context.LabelOf)]), context.Request(numbers), every);
            SampleWriter.Quantise(drawn.Samples).CopyTo(images, batch[0] * size);

            // The times are those of the sampler, the same in every batch.
            times = drawn.Times;
            for (int slot = 0; slot < times.Count; slot++)
            {
                if (slot == predictions.Count)
                    predictions.Add(new byte[count * size]);
                SampleWriter.Quantise(drawn.PredX0[slot]).CopyTo(predictions[slot], batch[0] * size);
            }
        }

        return Lay(context, images, times, predictions);
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (Every > run.Process.Timesteps)
            throw new SpecException(SpecPath.Member(path, "every"), $"must be at most the {run.Process.Timesteps} timesteps of the process; got {Every}");
    }

    private static DrawnImages Lay(SampleContext context, byte[] images, IReadOnlyList<double> times, List<byte[]> predictions)
    {
        // Most samplers end in the last prediction; where that is so, it is not shown twice.
        bool ends = predictions.Count > 0 && predictions[0].AsSpan().SequenceEqual(images);
        int[] early = [.. Enumerable.Range(0, predictions.Count).Reverse()];
        int size = context.ImageSize;
        return new DrawnImages
        {
            Images = images,
            Headings = [.. early.Select(slot => string.Create(CultureInfo.InvariantCulture, $"t={times[slot]:0}")), .. ends ? (string[])[] : ["image"]],
            Rows = [.. Enumerable.Range(0, context.Sampling.Count).Select(i => new PictureRow("",
                [.. early.Select(slot => (ReadOnlyMemory<byte>)predictions[slot].AsMemory(i * size, size)), .. ends ? (ReadOnlyMemory<byte>[])[] : [images.AsMemory(i * size, size)]]))],
            Tensors =
            [
                new SafetensorContent("progressive", SafetensorType.U8, [predictions.Count, context.Sampling.Count, context.Shape.C, context.Shape.H, context.Shape.W],
                    stream => predictions.ForEach(slot => stream.Write(slot))),
            ],
            Metadata = new Dictionary<string, string> { ["progressive_times"] = string.Join(",", times.Select(t => t.ToString("R", CultureInfo.InvariantCulture))) },
        };
    }
}
