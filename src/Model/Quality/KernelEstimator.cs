namespace DdpmJobs.Model.Quality;

/// <summary>How the squared maximum mean discrepancy is estimated from samples.</summary>
public enum KernelEstimator
{
    /// <summary>Without the kernel of a sample with itself: its mean is the true value, and it may be negative.</summary>
    Unbiased,

    /// <summary>With it: never negative, and too large.</summary>
    Biased,

    /// <summary>Without it, and without the pairs of generated and true samples of the same number; needs as many of the one as of the other.</summary>
    UStatistic,
}
