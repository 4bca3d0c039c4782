using System.Globalization;
using System.Runtime.InteropServices;
using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Quality;

/// <summary>Feature statistics with their origin, as one machine leaves them for the others. Needs no libtorch.</summary>
/// <param name="Statistics">Of the samples that the origin names.</param>
/// <param name="Origin">What they are of.</param>
/// <remarks>The file is safetensors: <c>mean</c> (D) and <c>scatter</c> (D, D), float64, and the rest in the header.</remarks>
public sealed record FeatureShard(FeatureStatistics Statistics, FeatureOrigin Origin)
{
    private const string Format = "ddpmjobs.feature_statistics/1";

    /// <summary>Puts shards of one set of images together.</summary>
    /// <param name="shards">At least one, in any order.</param>
    /// <exception cref="ArgumentException">There is none, they do not belong together, or a sample is in two of them.</exception>
    public static FeatureShard Merge(IReadOnlyList<FeatureShard> shards) => shards.Count > 0
        ? new FeatureShard(
            FeatureStatistics.Merge(shards.Select(shard => shard.Statistics)),
            shards.Select(shard => shard.Origin).Aggregate((sum, origin) => sum.With(origin)))
        : throw new ArgumentException("There are no shards to put together.", nameof(shards));

    /// <summary>Writes a file, replacing it atomically.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <exception cref="InvalidOperationException">The origin names another number of samples than the statistics have.</exception>
    public void Write(string path)
    {
        if (Origin.Samples.Count != Statistics.Count)
            throw new InvalidOperationException($"The samples {Origin.Samples} are {Origin.Samples.Count}, but the statistics are of {Statistics.Count}.");
        Dictionary<string, string> metadata = new()
        {
            ["format"] = Format,
            ["count"] = Statistics.Count.ToString(CultureInfo.InvariantCulture),
            ["network"] = Origin.Network,
            ["network_sha256"] = Origin.NetworkSha256,
            ["images"] = Origin.Images,
            ["data_hash"] = Origin.DataHash,
            ["resize"] = Origin.Resize,
            ["scaling"] = Origin.Scaling,
            ["samples"] = Origin.Samples.ToString(),
        };
        long size = Statistics.Dimensions;
        Safetensors.Write(path, metadata,
        [
            new SafetensorContent("mean", SafetensorType.F64, [size], stream => stream.Write(MemoryMarshal.AsBytes(Statistics.Mean))),
            new SafetensorContent("scatter", SafetensorType.F64, [size, size], stream => stream.Write(MemoryMarshal.AsBytes(Statistics.Scatter))),
        ]);
    }

    /// <summary>Reads a file and checks it as a whole.</summary>
    /// <exception cref="InvalidDataException">It is damaged, no such file, or holds what cannot be statistics; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FeatureShard Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (Text("format") is string format && format != Format)
            throw file.Damaged($"its format is {format} instead of {Format}");
        if (!long.TryParse(Text("count"), NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count < 1)
            throw file.Damaged($"its count is \"{Text("count")}\"");
        SampleRanges samples = SampleRanges.Parse(Text("samples")) ?? throw file.Damaged($"its samples are \"{Text("samples")}\"");
        if (samples.Count != count)
            throw file.Damaged($"its samples {samples} are {samples.Count}, but its count is {count}");

        (SafetensorEntry mean, SafetensorEntry scatter) = (file.Find("mean", SafetensorType.F64), file.Find("scatter", SafetensorType.F64));
        if (mean.Shape.Count != 1 || mean.Shape[0] is < 1 or > FeatureStatistics.MostDimensions || !scatter.Shape.SequenceEqual([mean.Shape[0], mean.Shape[0]]))
            throw file.Damaged($"its mean has the shape [{string.Join(", ", mean.Shape)}] and its scatter [{string.Join(", ", scatter.Shape)}] instead of [D] and [D, D] with D up to {FeatureStatistics.MostDimensions}");
        try
        {
            return new FeatureShard(
                new FeatureStatistics(count, file.ReadAll<double>(mean), file.ReadAll<double>(scatter)),
                new FeatureOrigin(Text("network"), Text("network_sha256"), Text("images"), Text("data_hash"), Text("resize"), Text("scaling"), samples));
        }
        catch (ArgumentException error)
        {
            throw file.Damaged(error.Message.Split(" (Parameter")[0].TrimEnd('.'));
        }

        string Text(string name) => file.Metadata.TryGetValue(name, out string? text) ? text : throw file.Damaged($"its header has no {name}; it holds no feature statistics");
    }
}
