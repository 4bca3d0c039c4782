namespace DdpmJobs.Model.Quality;

/// <summary>The squared Fréchet distance of two Gaussians; of Inception features it is called FID.</summary>
/// <param name="Value">|m1 - m2|² + tr C1 + tr C2 - 2 tr (C1 C2)^1/2. What rounding leaves of a distance of zero may be below zero.</param>
/// <param name="MeanTerm">|m1 - m2|².</param>
/// <param name="TraceOfRoot">tr (C1 C2)^1/2.</param>
/// <param name="Warnings">What makes the value doubtful, each as a sentence without its stop; empty where nothing does.</param>
public sealed record FrechetDistance(double Value, double MeanTerm, double TraceOfRoot, IReadOnlyList<string> Warnings)
{
    /// <summary>Compares two sets of features once.</summary>
    /// <param name="samples">Of generated images.</param>
    /// <param name="reference">Of true images.</param>
    /// <param name="device">Where it is computed.</param>
    /// <exception cref="ArgumentException">The dimensions differ, or the reference's matrix is no covariance.</exception>
    public static FrechetDistance Between(FeatureGaussian samples, FeatureGaussian reference, string device = "cpu")
    {
        using FrechetReference decomposed = new(reference, device);
        return decomposed.DistanceTo(samples);
    }
}
