using DdpmJobs.Model.Quality;

namespace DdpmJobs.Model.Evaluation.Samples;

/// <summary>What one network says of a range of the samples, summed up so that ranges can be put together. Needs no libtorch.</summary>
internal sealed record FeaturePart
{
    /// <summary>The most images whose features are kept: with 2048 dimensions 2 GB.</summary>
    public const int MostKept = 250_000;

    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>SHA-256 of its weights.</summary>
    public required string NetworkSha256 { get; init; }

    /// <summary>D.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Statistics of each split that the range touches, by its number.</summary>
    public required IReadOnlyDictionary<int, FeatureStatistics> Splits { get; init; }

    /// <summary>Sums of the score.</summary>
    public required InceptionScore Score { get; init; }

    /// <summary>Features of every image, (n, D) row-major, where they are kept.</summary>
    public float[]? Features { get; init; }

    /// <summary>Puts ranges together.</summary>
    /// <param name="parts">At least one, in order of their images, of one network.</param>
    /// <exception cref="ArgumentException">They are of different networks.</exception>
    public static FeaturePart Merge(IReadOnlyList<FeaturePart> parts)
    {
        FeaturePart first = parts[0];
        if (parts.FirstOrDefault(part => part.NetworkSha256 != first.NetworkSha256) is FeaturePart other)
            throw new ArgumentException($"Features of the network {first.Network} with SHA-256 {first.NetworkSha256} and of {other.Network} with {other.NetworkSha256} do not go together.", nameof(parts));
        if (parts.Count == 1)
            return first;

        for (int i = 1; i < parts.Count; i++)
            first.Score.Add(parts[i].Score);
        return first with
        {
            Splits = parts.SelectMany(part => part.Splits).GroupBy(split => split.Key).ToDictionary(split => split.Key, Whole),
            Features = first.Features is null ? null : Joined([.. parts.Select(part => part.Features!)]),
        };

        // What lies in one range only is not copied.
        static FeatureStatistics Whole(IEnumerable<KeyValuePair<int, FeatureStatistics>> split)
        {
            FeatureStatistics[] there = [.. split.Select(part => part.Value)];
            return there.Length == 1 ? there[0] : FeatureStatistics.Merge(there);
        }
    }

    private static float[] Joined(float[][] parts)
    {
        float[] all = new float[parts.Sum(part => (long)part.Length)];
        int at = 0;
        foreach (float[] part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }

        return all;
    }
}
