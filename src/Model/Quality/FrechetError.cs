namespace DdpmJobs.Model.Quality;

/// <summary>What the number of samples does to a Fréchet distance: chance, and a bias upwards.</summary>
public static class FrechetError
{
    /// <summary>Standard error of the distance of all samples: how far other samples of the same model would be away. The reference is taken as it is.</summary>
    /// <param name="reference">What the samples are compared with.</param>
    /// <param name="parts">Statistics of disjoint parts of the samples, about 10 of about one size; at least 2.</param>
    /// <exception cref="ArgumentException">There is one part only.</exception>
    /// <remarks>
    /// The jackknife that leaves out one part at a time, for parts of any size: Busing, Meijer and van der Leeden 1999, "Delete-m jackknife for unequal m". The spread of the
    /// distances of the parts themselves, over the root of their number, would be simpler and is wrong here: a distance of a tenth of the samples has ten times the bias, and a
    /// part of its spread shrinks with the square of the number of samples, so that the result is too large. Nine tenths are almost the whole, and the bias is almost the same in all.
    /// </remarks>
    public static double Jackknife(FrechetReference reference, IReadOnlyList<FeatureStatistics> parts)
    {
        if (parts.Count < 2)
            throw new ArgumentException($"A standard error needs at least 2 parts of the samples; got {parts.Count}.", nameof(parts));
        FeatureStatistics whole = FeatureStatistics.Merge(parts);

        // A scatter of 2048 dimensions has 34 MB: all take turns in one.
        double[] room = new double[whole.ScatterValues.Length];
        double all = reference.DistanceTo(whole.Gaussian(room)).Value;
        double[] without = [.. parts.Select(part => reference.DistanceTo(whole.Without(part, room).Gaussian(room)).Value)];
        double[] inverseShare = [.. parts.Select(part => (double)whole.Count / part.Count)];
        double estimate = parts.Count * all - without.Select((value, j) => (1 - 1 / inverseShare[j]) * value).Sum();
        double variance = without.Select((value, j) =>
        {
            double pseudo = inverseShare[j] * all - (inverseShare[j] - 1) * value;
            return (pseudo - estimate) * (pseudo - estimate) / (inverseShare[j] - 1);
        }).Average();
        return Math.Sqrt(variance);
    }

    /// <summary>The distance at each growing part of the samples: of the first part, of the first two, and so on to all.</summary>
    /// <param name="reference">What the samples are compared with.</param>
    /// <param name="parts">Statistics of disjoint parts of the samples, in order.</param>
    /// <returns>Pairs of the number of samples and the distance; those of too few samples for a covariance of full rank are left out, because there the bias follows another law.</returns>
    public static IReadOnlyList<(long Count, double Value)> Growth(FrechetReference reference, IReadOnlyList<FeatureStatistics> parts)
    {
        List<(long, double)> points = [];
        FeatureStatistics? prefix = null;
        double[]? room = null;
        foreach (FeatureStatistics part in parts)
        {
            prefix = prefix is null ? FeatureStatistics.Merge([part]) : prefix.Grown(part);
            if (prefix.Count > prefix.Dimensions)
                points.Add((prefix.Count, reference.DistanceTo(prefix.Gaussian(room ??= new double[prefix.ScatterValues.Length])).Value));
        }

        return points;
    }

    /// <summary>The distance that infinitely many samples would have: the straight line in 1/N through distances at several N, at 1/N = 0. The reference's own bias stays.</summary>
    /// <param name="points">Number of samples and distance, as <see cref="Growth"/> gives them; at least two different numbers.</param>
    /// <exception cref="ArgumentException">The numbers of samples are all the same.</exception>
    /// <remarks>Chong and Forsyth 2020 (arXiv:1911.07023), section 4, who take 15 numbers from 5,000 to 50,000.</remarks>
    public static double AtInfinity(IReadOnlyList<(long Count, double Value)> points)
    {
        if (points.Select(point => point.Count).Distinct().Count() < 2)
            throw new ArgumentException($"A line needs distances at 2 different numbers of samples, each above the number of dimensions; got {points.Count}.", nameof(points));
        double meanInverse = points.Average(point => 1.0 / point.Count);
        double meanValue = points.Average(point => point.Value);
        double covariance = points.Sum(point => (1.0 / point.Count - meanInverse) * (point.Value - meanValue));
        double variance = points.Sum(point => (1.0 / point.Count - meanInverse) * (1.0 / point.Count - meanInverse));
        return meanValue - covariance / variance * meanInverse;
    }
}
