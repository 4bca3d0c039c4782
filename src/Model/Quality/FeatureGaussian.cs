namespace DdpmJobs.Model.Quality;

/// <summary>Mean and covariance of features: the Gaussian that a Fréchet distance puts in their place. Needs no libtorch.</summary>
public sealed class FeatureGaussian
{
    // Programs that store float32, or multiply matrices without regard to symmetry, leave this much.
    private const double Asymmetry = 1e-5;

    /// <summary>Takes a mean and a covariance.</summary>
    /// <param name="mean">(D); kept, not copied.</param>
    /// <param name="covariance">(D, D) row-major; kept, not copied.</param>
    /// <param name="count">Number of samples that they were estimated from; null where it is not known.</param>
    /// <exception cref="ArgumentException">The sizes disagree, an element is not finite, or the covariance cannot be one.</exception>
    public FeatureGaussian(double[] mean, double[] covariance, long? count)
    {
        if (mean.Length is 0 or > FeatureStatistics.MostDimensions || covariance.Length != mean.Length * mean.Length)
            throw new ArgumentException($"the mean has {mean.Length} elements, and the covariance {covariance.Length} instead of their square (1 to {FeatureStatistics.MostDimensions} dimensions)");
        if (Array.FindIndex(mean, value => !double.IsFinite(value)) is int place and >= 0)
            throw new ArgumentException(FormattableString.Invariant($"the mean is not finite: element {place} is {mean[place]}"));
        if (SymmetricMatrix.Fault(covariance, mean.Length, Asymmetry) is string fault)
            throw new ArgumentException($"the covariance {fault}");
        (MeanValues, CovarianceValues, Count) = (mean, covariance, count);
    }

    /// <summary>Number of samples that it was estimated from; null where it is not known, as in a <c>.npz</c>.</summary>
    public long? Count { get; }

    /// <summary>D.</summary>
    public int Dimensions => MeanValues.Length;

    /// <summary>The mean, (D).</summary>
    public ReadOnlySpan<double> Mean => MeanValues;

    /// <summary>The covariance, (D, D) row-major.</summary>
    public ReadOnlySpan<double> Covariance => CovarianceValues;

    /// <summary>The mean, to be read only.</summary>
    internal double[] MeanValues { get; }

    /// <summary>The covariance, to be read only.</summary>
    internal double[] CovarianceValues { get; }
}
