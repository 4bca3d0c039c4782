using System.ComponentModel.DataAnnotations;
using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.SampleModes;

/// <summary>
/// Ways between two images of a split, <c>sampling.count</c> of them: both ends are noised to t with the same noise, mixed, and denoised again. Goes with samplers
/// that can begin at a timestep. A conditional network is told the label of the nearer end.
/// </summary>
[Kind("interpolation", Summary = "images between two images of the data, noised to t, mixed and denoised; count is the number of ways",
    Source = "Ho et al. 2020 (arXiv:2006.11239), section 4.4 and figures 8 and 9")]
public sealed record ImageInterpolationMode : SampleMode, IRunCheck
{
    /// <summary>Zero-based timesteps that the ends are noised to, a row each; the larger, the freer the way between them. Null for T / 2.</summary>
    [Description("timesteps that the ends are noised to, a row each; null for T / 2")]
    [MinLength(1)]
    [Range(0, int.MaxValue)]
    public IReadOnlyList<int>? Timesteps { get; init; }

    /// <summary>Images between the reconstructions of the two ends, evenly spaced: 9 are those at 0.1, 0.2, ... 0.9.</summary>
    [Description("images between the two ends, evenly spaced")]
    [Range(1, 1000)]
    public int Between { get; init; } = 9; // figure 8

    /// <summary>Which images: <c>test</c> or <c>train</c>.</summary>
    [Description("which images: test or train")]
    [AllowedValues(SplitName.Test, SplitName.Train)]
    public string Split { get; init; } = SplitName.Test;

    /// <summary>The ends of the ways, in turn: way i has the pair at i modulo their number, and noise of its own. Null for the images 2 i and 2 i + 1.</summary>
    [Description("ends of the ways, in turn, as { from: 3, to: 8 }; null for images 0 and 1, 2 and 3 and so on")]
    [MinLength(1)]
    public IReadOnlyList<ImagePair>? Pairs { get; init; }

    private int Shares => Between + 2;

    /// <inheritdoc/>
    public override long NetworkEvaluations(SamplingSpec sampling, int timesteps)
        => (long)sampling.Count * Shares * TimestepsOf(timesteps).Sum(t => ((IResumingSampler)sampling.Sampler).NetworkEvaluationsFrom(timesteps, t));

    /// <inheritdoc/>
    public override DrawnImages Draw(SampleContext context)
    {
        ImageSet set = context.Images(SplitName.Of(Split));
        (int From, int To)[] ways = [.. Enumerable.Range(0, context.Sampling.Count).Select(Way)];
        for (int way = 0; way < ways.Length; way++)
            SplitImages.Require(Math.Max(ways[way].From, ways[way].To), set.Count, Split, context.Data, PathOf(way));

        // Draw timestep by timestep, since the way from each is of another length.
        IReadOnlyList<int> timesteps = TimestepsOf(context.Model.Process.Timesteps);
        int size = context.ImageSize;
        byte[] images = new byte[ways.Length * timesteps.Count * Shares * size];
        for (int row = 0; row < timesteps.Count; row++)
        {
            foreach (int[] batch in context.Batches(ways.Length * Shares))
            {
                byte[] drawn = Draw(context, set, [.. batch.Select(i => (ways[i / Shares], (long)(i / Shares), i % Shares / (Between + 1.0)))], timesteps[row]);
                for (int i = 0; i < batch.Length; i++)
                    drawn.AsSpan(i * size, size).CopyTo(images.AsSpan(((batch[i] / Shares * timesteps.Count + row) * Shares + batch[i] % Shares) * size));
            }
        }

        return Lay(context, set, ways, timesteps, images);
    }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        if (run.Sampling.Sampler is not IResumingSampler)
        {
            throw new SpecException(path, $"interpolation cannot be used with the sampler {Kinds.NameOf(run.Sampling.Sampler)}, which begins at x_T only: "
                + "the mixed images are at a timestep below; use ancestral or ddim");
        }

        SplitImages.RequireNoClasses(run, path);
        for (int i = 0; i < (Timesteps?.Count ?? 0); i++)
        {
            if (Timesteps![i] >= run.Process.Timesteps)
            {
                throw new SpecException(SpecPath.Element(SpecPath.Member(path, "timesteps"), i),
                    $"must be below the {run.Process.Timesteps} timesteps of the process; got {Timesteps[i]}");
            }
        }

        if (run.Data.CountOf(SplitName.Of(Split)) is int there)
        {
            for (int way = 0; way < (Pairs?.Count ?? run.Sampling.Count); way++)
                SplitImages.Require(Math.Max(Way(way).From, Way(way).To), there, Split, Kinds.NameOf(run.Data), PathOf(way));
        }
    }

    private static byte[] Draw(SampleContext context, ImageSet set, ((int From, int To) Ends, long Way, double Share)[] batch, int t)
    {
        using DisposeScope scope = NewDisposeScope();
        int[] nearer = [.. batch.Select(image => image.Share <= 0.5 ? image.Ends.From : image.Ends.To)];
        Tensor first = set.Batch([.. batch.Select(image => image.Ends.From)]).to(new Device(context.Device));
        Tensor second = set.Batch([.. batch.Select(image => image.Ends.To)]).to(new Device(context.Device));
        return SampleWriter.Quantise(LatentInterpolation.Draw(
            (IResumingSampler)context.Sampling.Sampler, context.Model, context.Network(context.LabelsOf(set, nearer)), first, second, t,
            [.. batch.Select(image => image.Share)], context.Request([.. batch.Select(image => image.Way)])));
    }

    private DrawnImages Lay(SampleContext context, ImageSet set, (int From, int To)[] ways, IReadOnlyList<int> timesteps, byte[] images)
    {
        byte[] sources = SplitImages.Bytes(set, [.. ways.SelectMany(way => (int[])[way.From, way.To])]);
        ReadOnlyMemory<byte>[] drawn = [.. PictureRow.Cut(images, context.ImageSize)];
        ReadOnlyMemory<byte>[] ends = [.. PictureRow.Cut(sources, context.ImageSize)];
        string[] shares = [.. Enumerable.Range(0, Shares).Select(j => (j / (Between + 1.0)).ToString("0.##", CultureInfo.InvariantCulture))];
        return new DrawnImages
        {
            Images = images,
            Headings = ["from", .. shares, "to"],
            Rows = [.. Enumerable.Range(0, ways.Length * timesteps.Count).Select(row => new PictureRow(
                $"{ways[row / timesteps.Count].From} to {ways[row / timesteps.Count].To}, t={timesteps[row % timesteps.Count]}",
                [ends[row / timesteps.Count * 2], .. drawn.AsSpan(row * Shares, Shares), ends[row / timesteps.Count * 2 + 1]])
            {
                BeginsGroup = timesteps.Count > 1 && row % timesteps.Count == 0,
            })],
            Tensors = [new SafetensorContent("sources", SafetensorType.U8, [ways.Length, 2, set.Shape.C, set.Shape.H, set.Shape.W], stream => stream.Write(sources))],
            Metadata = new Dictionary<string, string>(SplitImages.Metadata(context, set, Split))
            {
                ["pairs"] = string.Join(",", ways.Select(way => $"{way.From}-{way.To}")),
                ["timesteps"] = string.Join(",", timesteps),
                ["shares"] = Shares.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    private IReadOnlyList<int> TimestepsOf(int all) => Timesteps ?? [all / 2];

    private (int From, int To) Way(int way) => Pairs is null ? (2 * way, 2 * way + 1) : (Pairs[way % Pairs.Count].From, Pairs[way % Pairs.Count].To);

    private string PathOf(int way) => Pairs is null ? "sampling.count" : $"sampling.mode.pairs[{way % Pairs.Count}]";
}
