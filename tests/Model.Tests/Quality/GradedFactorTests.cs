using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class GradedFactorTests
{
    private const double Smallest = 1e-13;

    [Theory]
    [InlineData(1000, 200, 200)]
    [InlineData(90, 200, 89)]
    [InlineData(40, 7, 7)]
    public void Of_ACovariance_IsItsFactorOfItsRankAndGrowsDownwards(int samples, int dimensions, int rank)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] covariance = Features.Gaussian(Features.Normal(1, samples, dimensions) * logspace(1, -3, dimensions)).CovarianceValues;
        Tensor factor = GradedFactor.Of(covariance, dimensions, Smallest)!;
        Assert.Equal([rank, dimensions], factor.shape);
        double[] product = [.. factor.t().mm(factor).contiguous().data<double>()];
        Assert.True(Features.LargestDifference(covariance, product) < 1e-13 * covariance.Max());
        double[] lengths = [.. factor.abs().max(1).values.data<double>()];
        Assert.Equal(lengths.Order(), lengths);
    }

    [Fact]
    public void Of_NoSpread_HasNoRow()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Equal([0, 3], GradedFactor.Of(new double[9], 3, Smallest)!.shape);
    }

    [Theory]
    [InlineData(new double[] { 1, 2, 2, 1 })]
    [InlineData(new double[] { 0, 1, 1, 0 })]
    [InlineData(new double[] { 1, 1, 1, 1 - 1e-6 })]
    [InlineData(new double[] { 4, 2, 1, 2, 1, 1, 1, 1, 1 })]
    public void Of_WhatIsNoCovariance_IsNone(double[] values) => Assert.Null(GradedFactor.Of(values, (int)Math.Sqrt(values.Length), Smallest));
}
