namespace DdpmJobs.Model.Quality;

/// <summary>Count, mean and scatter of the features of images: all that a Fréchet distance needs, in a size that does not grow with their number. Needs no libtorch.</summary>
/// <remarks>
/// Two of them are put together by Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance", eq. 2.1 with outer products: in any order and grouping the
/// result is the same to within the rounding of float64, so an evaluation may be split over machines.
/// </remarks>
public sealed class FeatureStatistics
{
    /// <summary>The most dimensions: a scatter of 512 MiB.</summary>
    public const int MostDimensions = 8192;

    /// <summary>Takes what was summed up elsewhere.</summary>
    /// <param name="count">Number of samples, at least 1.</param>
    /// <param name="mean">Their mean, (D); kept, not copied.</param>
    /// <param name="scatter">Sum of the outer products of their deviations from it, (D, D) row-major; kept, not copied.</param>
    /// <exception cref="ArgumentException">The sizes disagree, an element is not finite, or the scatter cannot be one.</exception>
    public FeatureStatistics(long count, double[] mean, double[] scatter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (mean.Length is 0 or > MostDimensions || scatter.Length != mean.Length * mean.Length)
            throw new ArgumentException($"A mean of {mean.Length} dimensions needs 1 to {MostDimensions} of them and a scatter of their square; got {scatter.Length} elements.", nameof(scatter));
        if (Array.FindIndex(mean, value => !double.IsFinite(value)) is int place and >= 0)
            throw new ArgumentException(FormattableString.Invariant($"The mean is not finite: element {place} is {mean[place]}."), nameof(mean));
        if (SymmetricMatrix.Fault(scatter, mean.Length, tolerance: 0) is string fault)
            throw new ArgumentException($"The scatter {fault}.", nameof(scatter));
        (Count, MeanValues, ScatterValues) = (count, mean, scatter);
    }

    /// <summary>Number of samples.</summary>
    public long Count { get; }

    /// <summary>D.</summary>
    public int Dimensions => MeanValues.Length;

    /// <summary>The mean, (D).</summary>
    public ReadOnlySpan<double> Mean => MeanValues;

    /// <summary>Sum of the outer products of the deviations from the mean, (D, D) row-major.</summary>
    public ReadOnlySpan<double> Scatter => ScatterValues;

    /// <summary>The mean, to be read only.</summary>
    internal double[] MeanValues { get; }

    /// <summary>The scatter, to be read only.</summary>
    internal double[] ScatterValues { get; }

    /// <summary>The statistics of all samples of all of these.</summary>
    /// <param name="parts">At least one; no sample is in two of them.</param>
    /// <exception cref="ArgumentException">There is none, or their dimensions differ.</exception>
    public static FeatureStatistics Merge(IEnumerable<FeatureStatistics> parts)
    {
        // What is added up here is this method's own, so it is added to in place.
        FeatureStatistics? sum = null;
        foreach (FeatureStatistics part in parts)
        {
            sum = sum is null ? new FeatureStatistics(part.Count, [.. part.MeanValues], [.. part.ScatterValues]) : sum.Grown(part);
        }

        return sum ?? throw new ArgumentException("There are no statistics to put together.", nameof(parts));
    }

    /// <summary>The statistics of the samples that are in these and not in a part of them.</summary>
    /// <param name="part">Statistics of some, not all, of the samples.</param>
    /// <returns>Exact to about the rounding of the whole: a rest that is a thousandth of it has three digits less.</returns>
    /// <exception cref="ArgumentException">Nothing would be left, or the dimensions differ.</exception>
    public FeatureStatistics Without(FeatureStatistics part) => Without(part, new double[ScatterValues.Length]);

    /// <summary>The same with room for the scatter, which is the result's from then on.</summary>
    internal FeatureStatistics Without(FeatureStatistics part, double[] room)
        => part.Count < Count
            ? Combined(this, part, Count - part.Count, -1, into: room)
            : throw new ArgumentException($"Of {Count} samples {part.Count} cannot be taken away.", nameof(part));

    /// <summary>The statistics of the samples of both, in the room of this one's scatter: this one must not be used any more.</summary>
    internal FeatureStatistics Grown(FeatureStatistics part) => Combined(this, part, Count + part.Count, +1, into: ScatterValues);

    /// <summary>Mean and covariance as the reference programs have them.</summary>
    /// <returns>The covariance is without bias: the scatter divided by the count less one.</returns>
    /// <exception cref="InvalidOperationException">One sample has no covariance.</exception>
    public FeatureGaussian Gaussian() => Gaussian(new double[ScatterValues.Length]);

    /// <summary>The same with room for the covariance, which is the result's from then on; that of the scatter does, where these statistics are not used any more.</summary>
    internal FeatureGaussian Gaussian(double[] room)
    {
        if (Count < 2)
            throw new InvalidOperationException($"A covariance needs at least 2 samples; there is {Count}.");
        for (int i = 0; i < room.Length; i++)
            room[i] = ScatterValues[i] / (Count - 1);
        return new FeatureGaussian(MeanValues, room, Count);
    }

    // Adding: S = Sa + Sb + d d' na nb / n with d = mb - ma and n = na + nb. Taking away solves it for Sa; d is then between the whole and the part.
    private static FeatureStatistics Combined(FeatureStatistics a, FeatureStatistics b, long count, int sign, double[] into)
    {
        if (a.Dimensions != b.Dimensions)
            throw new ArgumentException($"Features of {a.Dimensions} and of {b.Dimensions} dimensions do not go together.", nameof(b));
        int size = a.Dimensions;
        double share = sign * (double)b.Count / count;
        double weight = share * a.Count;
        double[] mean = new double[size];
        double[] difference = new double[size];
        for (int i = 0; i < size; i++)
        {
            difference[i] = b.MeanValues[i] - a.MeanValues[i];
            mean[i] = a.MeanValues[i] + difference[i] * share;
        }

        for (int row = 0; row < size; row++)
        {
            for (int column = row; column < size; column++)
            {
                int place = row * size + column;
                double value = a.ScatterValues[place] + sign * b.ScatterValues[place] + weight * difference[row] * difference[column];

                // A variance that rounding leaves below nothing is nothing.
                into[place] = into[column * size + row] = row == column ? Math.Max(0, value) : value;
            }
        }

        return new FeatureStatistics(count, mean, into);
    }
}
