using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>The features that others are compared with, decomposed once: a distance from them then takes two matrix products and the eigenvalues of one symmetric matrix.</summary>
/// <remarks>
/// The trace of (C1 C2)^1/2 is the sum of the roots of the eigenvalues of F C2 F' for any F with F' F = C1. Here F is Cholesky's factor with pivoting (<see cref="GradedFactor"/>), and the
/// matrix is symmetric: its eigenvalues are real, and what rounding leaves below nothing is nothing. No square root of a matrix that is not symmetric is
/// taken, the step in which the reference programs meet complex numbers or fail.
/// </remarks>
public sealed class FrechetReference : IDisposable
{
    private const double LargestNegative = 1e-4; // of the largest eigenvalue; float32 leaves 1e-6
    private const double Rounding = 1.0 / (1L << 52); // of float64

    private readonly double[] _mean;
    private readonly double _variances;
    private readonly IReadOnlyList<string> _warnings;
    private readonly Tensor _factor;

    /// <summary>Decomposes the covariance.</summary>
    /// <param name="gaussian">Mean and covariance.</param>
    /// <param name="device">Where distances are computed.</param>
    /// <exception cref="ArgumentException">The matrix has a negative eigenvalue, so it is no covariance.</exception>
    public FrechetReference(FeatureGaussian gaussian, string device = "cpu")
    {
        _mean = gaussian.MeanValues;
        _variances = Trace(gaussian);
        _warnings = [.. Warnings("the reference", gaussian)];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor factor = GradedFactor.Of(gaussian.CovarianceValues, gaussian.Dimensions, gaussian.Dimensions * Rounding) ?? FromEigenvectors(gaussian);
        _factor = factor.to(new Device(device)).DetachFromDisposeScope();
    }

    /// <summary>D.</summary>
    public int Dimensions => _mean.Length;

    /// <summary>The squared Fréchet distance of other features.</summary>
    /// <param name="samples">Mean and covariance of the same dimensions.</param>
    /// <exception cref="ArgumentException">The dimensions differ.</exception>
    /// <remarks>Dowson and Landau 1982; Heusel et al. 2017 (arXiv:1706.08500), eq. 6.</remarks>
    public FrechetDistance DistanceTo(FeatureGaussian samples)
    {
        if (samples.Dimensions != Dimensions)
            throw new ArgumentException($"Features of {samples.Dimensions} dimensions cannot be compared with a reference of {Dimensions}.", nameof(samples));
        double meanTerm = 0;
        for (int i = 0; i < Dimensions; i++)
        {
            double difference = _mean[i] - samples.MeanValues[i];
            meanTerm += difference * difference;
        }

        double trace = TraceOfRoot(samples);
        return new FrechetDistance(meanTerm + (_variances + Trace(samples)) - 2 * trace, meanTerm, trace, [.. _warnings, .. Warnings("the samples", samples)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _factor.Dispose();

    private static double Trace(FeatureGaussian gaussian)
    {
        double sum = 0;
        for (int i = 0; i < gaussian.Dimensions; i++)
            sum += gaussian.CovarianceValues[i * (gaussian.Dimensions + 1)];
        return sum;
    }

    // What it is made of is gone before eigenvalues take their own room.
    private Tensor HalfOf(FeatureGaussian samples)
    {
        using DisposeScope scope = NewDisposeScope();
        return Matrix(samples, _factor.device).mm(_factor.t()).MoveToOuterDisposeScope();
    }

    private double TraceOfRoot(FeatureGaussian samples)
    {
        if (_factor.shape[0] == 0)
            return 0;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor half = HalfOf(samples);
        Tensor product = _factor.mm(half);
        half.Dispose();

        // The factor's rows grow downwards. Reduced from its largest row on ('U'), a matrix so graded keeps the digits of its small eigenvalues, whose roots add up.
        return linalg.eigvalsh(product, 'U').clamp_min(0).sqrt().sum().item<double>();
    }

    // A matrix that float32 or another program left with eigenvalues somewhat below nothing is no covariance for Cholesky; here they are left out.
    private static Tensor FromEigenvectors(FeatureGaussian gaussian)
    {
        (Tensor values, Tensor vectors) = linalg.eigh(Matrix(gaussian, CPU));
        double[] eigenvalues = values.data<double>().ToArray();
        if (eigenvalues[0] < -LargestNegative * Math.Max(eigenvalues[^1], 0))
            throw new ArgumentException(FormattableString.Invariant($"the matrix is no covariance: it has the eigenvalue {eigenvalues[0]} beside {eigenvalues[^1]}"), nameof(gaussian));

        // Leave out the directions without spread: the roots of what rounding leaves of them would add up.
        int kept = eigenvalues.Count(value => value > eigenvalues.Length * Rounding * eigenvalues[^1]);
        return (vectors.narrow(1, eigenvalues.Length - kept, kept) * values.narrow(0, eigenvalues.Length - kept, kept).sqrt()).t();
    }

    // TorchSharp's tensor() would copy the array in managed memory first, and leave that copy to the garbage collector.
    private static Tensor Matrix(FeatureGaussian gaussian, Device device)
    {
        Tensor matrix = empty([gaussian.Dimensions, gaussian.Dimensions], float64);
        gaussian.CovarianceValues.CopyTo(MemoryMarshal.Cast<byte, double>(matrix.bytes));
        return matrix.to(device);
    }

    private static IEnumerable<string> Warnings(string whose, FeatureGaussian gaussian)
    {
        if (gaussian.Count is not long count)
            yield return $"how many samples {whose} had is not known: the covariance may lack rank";
        else if (count <= gaussian.Dimensions)
            yield return string.Create(CultureInfo.InvariantCulture, $"{whose} had {count} samples for {gaussian.Dimensions} dimensions: below {gaussian.Dimensions + 1} the covariance lacks rank, and the distance is far too large");
    }
}
