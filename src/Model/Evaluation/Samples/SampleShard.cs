using System.Globalization;
using System.Runtime.InteropServices;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Quality;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>What networks say of a range of the samples of one evaluation, as one machine leaves it for another.</summary>
/// <param name="SpecHash">The run's spec.</param>
/// <param name="CheckpointSha256">SHA-256 of the checkpoint file that the samples were drawn from.</param>
/// <param name="First">Number of the first sample, counted from 0.</param>
/// <param name="End">Number after that of the last.</param>
/// <param name="Parts">One of each way of looking at them.</param>
/// <remarks>The file is safetensors; the tensors of part p begin with <c>p.</c>, as in <c>0.split.3.mean</c>.</remarks>
internal sealed record SampleShard(string SpecHash, string CheckpointSha256, int First, int End, IReadOnlyList<FeaturePart> Parts)
{
    private const string Format = "ddpmjobs.sample_shard/1";

    /// <summary>Puts the ranges of one evaluation together.</summary>
    /// <param name="shards">With their files, in any order.</param>
    /// <param name="specHash">The spec that they must be of.</param>
    /// <param name="checkpointSha256">The checkpoint that they must be of.</param>
    /// <param name="samples">Number of samples in all.</param>
    /// <exception cref="InvalidDataException">One is of something else, or samples are missing or there twice; the message names the file and the samples.</exception>
    public static SampleShard Merge(IReadOnlyList<(string File, SampleShard Shard)> shards, string specHash, string checkpointSha256, int samples)
    {
        (string File, SampleShard Shard)[] ordered = [.. shards.OrderBy(shard => shard.Shard.First)];
        int end = 0;
        foreach ((string file, SampleShard shard) in ordered)
        {
            if (shard.SpecHash != specHash)
                throw Refused(file, $"it is of the spec {shard.SpecHash}, not of {specHash}");
            if (shard.CheckpointSha256 != checkpointSha256)
                throw Refused(file, $"its samples were drawn from the checkpoint {shard.CheckpointSha256}, not from {checkpointSha256}");
            if (shard.First != end)
                throw Refused(file, shard.First > end ? $"it begins with sample {shard.First}, and no other has the samples {end}..{shard.First}" : $"it begins with sample {shard.First}, which another has too");
            end = shard.End;
        }

        if (end != samples)
            throw new InvalidDataException($"The {shards.Count} shards have the samples 0..{end} of {samples}.");
        try
        {
            int ways = ordered[0].Shard.Parts.Count;
            FeaturePart[] parts = [.. Enumerable.Range(0, ways).Select(way => FeaturePart.Merge([.. ordered.Select(shard => shard.Shard.Parts[way])]))];
            return new SampleShard(specHash, checkpointSha256, 0, samples, parts);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"The shards cannot be put together: {error.Message}", error);
        }
    }

    /// <summary>Writes a file, replacing it atomically.</summary>
    /// <param name="path">The file; its folder exists.</param>
    public void Write(string path)
    {
        Dictionary<string, string> metadata = new()
        {
            ["format"] = Format,
            ["spec_hash"] = SpecHash,
            ["checkpoint_sha256"] = CheckpointSha256,
            ["first"] = First.ToString(CultureInfo.InvariantCulture),
            ["end"] = End.ToString(CultureInfo.InvariantCulture),
            ["parts"] = Parts.Count.ToString(CultureInfo.InvariantCulture),
        };
        List<SafetensorContent> tensors = [];
        for (int p = 0; p < Parts.Count; p++)
        {
            FeaturePart part = Parts[p];
            (metadata[$"{p}.network"], metadata[$"{p}.network_sha256"]) = (part.Network, part.NetworkSha256);
            long size = part.Dimensions;
            foreach ((int split, FeatureStatistics statistics) in part.Splits.OrderBy(split => split.Key))
            {
                metadata[$"{p}.split.{split}.count"] = statistics.Count.ToString(CultureInfo.InvariantCulture);
                tensors.Add(Doubles($"{p}.split.{split}.mean", [size], statistics.MeanValues));
                tensors.Add(Doubles($"{p}.split.{split}.scatter", [size, size], statistics.ScatterValues));
            }

            InceptionSums sums = part.Score.Sums;
            tensors.Add(new SafetensorContent($"{p}.score.counts", SafetensorType.I64, [sums.Counts.Length], stream => stream.Write(MemoryMarshal.AsBytes(sums.Counts.AsSpan()))));
            tensors.Add(Doubles($"{p}.score.negative_entropies", [sums.Counts.Length], sums.NegativeEntropies));
            tensors.Add(Doubles($"{p}.score.classes", [sums.Counts.Length, sums.Classes], sums.OfClasses));
            if (part.Features is float[] features)
                tensors.Add(new SafetensorContent($"{p}.features", SafetensorType.F32, [End - First, size], stream => stream.Write(MemoryMarshal.AsBytes(features.AsSpan()))));
        }

        Safetensors.Write(path, metadata, tensors);

        static SafetensorContent Doubles(string name, long[] shape, double[] numbers) =>
            new(name, SafetensorType.F64, shape, stream => stream.Write(MemoryMarshal.AsBytes(numbers.AsSpan())));
    }

    /// <summary>Reads a file and checks it as a whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="samples">Number of samples of the evaluation in all.</param>
    /// <exception cref="InvalidDataException">It is damaged, or no such file; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SampleShard Read(string path, int samples)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (Text("format") is string format && format != Format)
            throw file.Damaged($"its format is {format} instead of {Format}");
        (int first, int end) = (Number("first"), Number("end"));
        if (first >= end || end > samples)
            throw file.Damaged($"its samples are {first}..{end} of {samples}");
        try
        {
            return new SampleShard(Text("spec_hash"), Text("checkpoint_sha256"), first, end, [.. Enumerable.Range(0, Number("parts")).Select(Part)]);
        }
        catch (Exception error) when (error is ArgumentException or OverflowException)
        {
            throw file.Damaged(error.Message.Split(" (Parameter")[0].TrimEnd('.'));
        }

        FeaturePart Part(int p)
        {
            Dictionary<int, FeatureStatistics> splits = [];
            long[] counts = file.ReadAll<long>(file.Find($"{p}.score.counts", SafetensorType.I64));
            SafetensorEntry classes = file.Find($"{p}.score.classes", SafetensorType.F64);
            for (int split = 0; split < counts.Length; split++)
            {
                if (file.Metadata.ContainsKey($"{p}.split.{split}.count"))
                    splits.Add(split, new FeatureStatistics(Number($"{p}.split.{split}.count"), Doubles($"{p}.split.{split}.mean"), Doubles($"{p}.split.{split}.scatter")));
            }

            if (splits.Count == 0 || splits.Values.Sum(statistics => statistics.Count) != end - first || splits.Values.Select(statistics => statistics.Dimensions).Distinct().Count() != 1)
                throw file.Damaged($"the statistics of its part {p} are not of {end - first} samples");
            return new FeaturePart
            {
                Network = Text($"{p}.network"),
                NetworkSha256 = Text($"{p}.network_sha256"),
                Dimensions = splits.Values.First().Dimensions,
                Splits = splits,
                Score = new InceptionScore(samples, new InceptionSums((int)classes.Shape[^1], counts, Doubles($"{p}.score.negative_entropies"), Doubles($"{p}.score.classes"))),
                Features = file.Entries.ContainsKey($"{p}.features") ? Floats($"{p}.features", (long)(end - first) * splits.Values.First().Dimensions) : null,
            };
        }

        string Text(string name) => file.Metadata.TryGetValue(name, out string? text) ? text : throw file.Damaged($"its header has no {name}; it holds no samples of an evaluation");

        int Number(string name) =>
            int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw file.Damaged($"its {name} is \"{Text(name)}\"");

        double[] Doubles(string name) => file.ReadAll<double>(file.Find(name, SafetensorType.F64));

        float[] Floats(string name, long count)
        {
            SafetensorEntry entry = file.Find(name, SafetensorType.F32);
            if (entry.Length != count * sizeof(float))
                throw file.Damaged($"tensor {name} has the shape [{string.Join(", ", entry.Shape)}] instead of {count} elements");
            return file.ReadAll<float>(entry);
        }
    }

    private static InvalidDataException Refused(string file, string what) => new($"{file} cannot be put together with the others: {what}.");
}
