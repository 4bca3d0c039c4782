using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class KernelDistanceTests
{
    [Fact]
    public void Squared_SeveralBlocks_IsTheSumOverAllPairs()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Features.Normal(1, 2100, 2).to(ScalarType.Float64), y = Features.Normal(2, 2050, 2).to(ScalarType.Float64) + 0.5;
        double n = 2100, m = 2050;
        double expected = (Kernel(x, x).sum() / (n * n) + Kernel(y, y).sum() / (m * m) - 2 * Kernel(x, y).sum() / (n * m)).item<double>();
        Assert.Equal(expected, KernelDistance.Squared(x, y, KernelEstimator.Biased), 1e-12);

        static Tensor Kernel(Tensor a, Tensor b) => (a.mm(b.t()) / 2 + 1).pow(3);
    }

    [Fact]
    public void OverSubsets_SameSeed_IsTheSameAndAnotherIsNear()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor generated = Features.Normal(1, 300, 4) + 0.5, real = Features.Normal(2, 300, 4);
        KernelEstimate one = KernelDistance.OverSubsets(generated, real, seed: 7, subsets: 50, size: 60);
        Assert.Equal(one, KernelDistance.OverSubsets(generated, real, seed: 7, subsets: 50, size: 60));
        KernelEstimate other = KernelDistance.OverSubsets(generated, real, seed: 8, subsets: 50, size: 60);
        Assert.NotEqual(one.Mean, other.Mean);
        Assert.InRange(Math.Abs(one.Mean - other.Mean), 0, 5 * one.StandardError);
        Assert.Equal(one.StandardDeviation / Math.Sqrt(49), one.StandardError, 1e-12);

        // Subsets are without bias, so they lie about the distance of the whole.
        Assert.InRange(Math.Abs(one.Mean - KernelDistance.Squared(generated, real)), 0, 5 * one.StandardError);
    }

    [Fact]
    public void OverSubsets_OfTheWholeSet_AreAllItsDistance()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor generated = Features.Normal(1, 40, 3), real = Features.Normal(2, 40, 3);
        KernelEstimate estimate = KernelDistance.OverSubsets(generated, real, seed: 1, subsets: 3, size: 40);
        Assert.Equal(KernelDistance.Squared(generated, real), estimate.Mean, 1e-13);
        Assert.Equal(0, estimate.StandardDeviation, 1e-13);
    }

    [Fact]
    public void OverSubsets_FewerSamplesThanASubset_IsRefusedWithAllNumbers()
    {
        using DisposeScope scope = NewDisposeScope();
        ArgumentException error = Assert.Throws<ArgumentException>(() => KernelDistance.OverSubsets(ones(999, 2), ones(5000, 2), seed: 1));
        Assert.Contains("Subsets of 1000 samples cannot be drawn from 999 generated and 5000 real ones", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Squared_WhatCannotBeCompared_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        Refused("(4, 2) generated and (4, 3) real", ones(4, 2), ones(4, 3));
        Refused("got 1 generated and 4 real", ones(1, 2), ones(4, 2));
        Refused("got 0 generated and 4 real", ones(0, 2), ones(4, 2));
        Refused("got 5 and 4", ones(5, 2), ones(4, 2));
        Refused("Feature 0 of sample 0 is Infinity", ones(4, 2), ones(4, 2) / 0);

        static void Refused(string expected, Tensor x, Tensor y)
            => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => KernelDistance.Squared(x, y, KernelEstimator.UStatistic)).Message, StringComparison.Ordinal);
    }
}
