using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Quality;

/// <summary>Squared maximum mean discrepancy of two sets of features with the kernel (x·y / D + 1)³; of Inception features it is called KID.</summary>
/// <remarks>Bińkowski et al. 2018 (arXiv:1801.01401), section 4. Kernels are float64; memory is bounded by blocks.</remarks>
public static class KernelDistance
{
    private const int Block = 2048;

    /// <summary>The distance of two whole sets.</summary>
    /// <param name="generated">(N, D), floating-point.</param>
    /// <param name="real">(M, D), floating-point, on the same device.</param>
    /// <param name="estimator">How it is estimated.</param>
    /// <exception cref="ArgumentException">Shapes disagree, features are not finite, a set has fewer than 2 samples, or the estimator needs sets of one size.</exception>
    public static double Squared(Tensor generated, Tensor real, KernelEstimator estimator = KernelEstimator.Unbiased)
    {
        FeatureChecks.RequirePair(generated, real);
        if (Math.Min(generated.shape[0], real.shape[0]) < 2)
            throw new ArgumentException($"A kernel distance needs at least 2 samples of each set; got {generated.shape[0]} generated and {real.shape[0]} real.", nameof(generated));
        if (estimator == KernelEstimator.UStatistic && generated.shape[0] != real.shape[0])
            throw new ArgumentException($"The U-statistic needs as many generated as real samples; got {generated.shape[0]} and {real.shape[0]}.", nameof(generated));
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        return Estimate(generated.to(ScalarType.Float64), real.to(ScalarType.Float64), estimator);
    }

    /// <summary>The unbiased distance over random subsets, as it is published.</summary>
    /// <param name="generated">(N, D), floating-point.</param>
    /// <param name="real">(M, D), floating-point, on the same device.</param>
    /// <param name="seed">Root of the randomness; subset i is a function of it, i and the number of samples.</param>
    /// <param name="subsets">Number of subsets.</param>
    /// <param name="size">Samples of each set in a subset, drawn without replacement.</param>
    /// <exception cref="ArgumentException">Shapes disagree, features are not finite, or a set has fewer samples than a subset. Smaller subsets are not taken in their place.</exception>
    public static KernelEstimate OverSubsets(Tensor generated, Tensor real, long seed, int subsets = 100, int size = 1000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(subsets, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        FeatureChecks.RequirePair(generated, real);
        if (Math.Min(generated.shape[0], real.shape[0]) < size)
            throw new ArgumentException($"Subsets of {size} samples cannot be drawn from {generated.shape[0]} generated and {real.shape[0]} real ones.", nameof(size));
        using IDisposable quiet = no_grad();
        double[] distances = new double[subsets];
        for (int subset = 0; subset < subsets; subset++)
        {
            using DisposeScope scope = NewDisposeScope();
            distances[subset] = Estimate(Drawn(generated, 0), Drawn(real, 1), KernelEstimator.Unbiased);

            Tensor Drawn(Tensor features, int part)
            {
                int[] order = new RandomStream(seed, RandomPurpose.FeatureSubset, subset, part).Permutation((int)features.shape[0]);
                return features.index_select(0, tensor(order.AsSpan(0, size).ToArray(), device: features.device)).to(ScalarType.Float64);
            }
        }

        double variance = Spread.VarianceOfMean(distances);
        return new KernelEstimate(distances.Average(), Math.Sqrt(variance * (subsets - 1)), Math.Sqrt(variance));
    }

    private static double Estimate(Tensor x, Tensor y, KernelEstimator estimator)
    {
        (double n, double m) = (x.shape[0], y.shape[0]);
        (double xx, double yy, double xy) = (Sum(x, x), Sum(y, y), Sum(x, y));
        if (estimator == KernelEstimator.Biased)
            return xx / (n * n) + yy / (m * m) - 2 * xy / (n * m);
        double within = (xx - PairSum(x, x)) / (n * (n - 1)) + (yy - PairSum(y, y)) / (m * (m - 1));
        return estimator == KernelEstimator.UStatistic ? within - 2 * (xy - PairSum(x, y)) / (n * (n - 1)) : within - 2 * xy / (n * m);
    }

    // The kernel summed over all pairs, and over the pairs of the same number.
    private static double Sum(Tensor x, Tensor y)
    {
        double sum = 0;
        foreach (Tensor rows in x.split(Block))
        {
            foreach (Tensor columns in y.split(Block))
            {
                using DisposeScope scope = NewDisposeScope();
                sum += Kernel(rows.mm(columns.t()), x.shape[1]).item<double>();
            }
        }

        return sum;
    }

    private static double PairSum(Tensor x, Tensor y) => Kernel((x * y).sum(1), x.shape[1]).item<double>();

    private static Tensor Kernel(Tensor products, long dimensions) => products.div_(dimensions).add_(1).pow_(3).sum();
}
