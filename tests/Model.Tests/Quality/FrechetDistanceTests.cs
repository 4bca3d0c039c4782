using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class FrechetDistanceTests
{
    [Fact]
    public void Between_MeansZeroAndOneIn2048Dimensions_Is2048()
    {
        double[] identity = new double[2048 * 2048];
        for (int i = 0; i < 2048; i++)
            identity[i * 2049] = 1;
        FrechetDistance distance = FrechetDistance.Between(
            new FeatureGaussian(new double[2048], identity, 50_000), new FeatureGaussian([.. Enumerable.Repeat(1.0, 2048)], identity, 50_000));
        Assert.Equal(2048, distance.Value, 1e-9);
        Assert.Empty(distance.Warnings);
    }

    [Theory]
    [InlineData(2000)]
    [InlineData(60)]
    public void Between_SetsThatAreTheSame_IsZero(int count)
    {
        using DisposeScope scope = NewDisposeScope();

        // Spreads from 10 down to 0.001, as those of a network's features.
        Tensor scales = logspace(1, -3, 200);
        FeatureGaussian gaussian = Features.Gaussian(Features.Normal(1, count, 200) * scales);
        Assert.Equal(0, FrechetDistance.Between(gaussian, gaussian).Value, 1e-6);
    }

    [Fact]
    public void Between_ACovarianceOfFloat32_IsThatOfFloat64ToItsDigits()
    {
        // Rounding leaves some eigenvalues below nothing, so it is no covariance to the last digit.
        using DisposeScope scope = NewDisposeScope();
        FeatureGaussian reference = Features.Gaussian(Features.Normal(1, 60, 100)), samples = Features.Gaussian(Features.Normal(2, 200, 100) + 0.5);
        FeatureGaussian rounded = new(reference.MeanValues, [.. reference.CovarianceValues.Select(value => (double)(float)value)], 60);
        double expected = FrechetDistance.Between(samples, reference).Value;
        Assert.Equal(expected, FrechetDistance.Between(samples, rounded).Value, 1e-3 * expected);
    }

    [Fact]
    public void Between_DiagonalCovariances_IsTheSumOverDimensions()
    {
        FrechetDistance distance = FrechetDistance.Between(new FeatureGaussian([1, 2], [4, 0, 0, 9], 10), new FeatureGaussian([0, 0], [1, 0, 0, 25], 10));
        Assert.Equal(1 + 4 + 1 + 4, distance.Value, 1e-12);
        Assert.Equal((5, 2 + 15), (distance.MeanTerm, Math.Round(distance.TraceOfRoot, 12)));
    }

    [Fact]
    public void Between_FewerSamplesThanTheRankNeeds_WarnsOfWhichAndHowMany()
    {
        using DisposeScope scope = NewDisposeScope();
        FrechetDistance distance = FrechetDistance.Between(Features.Gaussian(Features.Normal(1, 8, 8)), Features.Gaussian(Features.Normal(2, 9, 8)));
        string warning = Assert.Single(distance.Warnings);
        Assert.Contains("the samples had 8 samples for 8 dimensions: below 9", warning, StringComparison.Ordinal);
        Assert.True(double.IsFinite(distance.Value));
    }

    [Fact]
    public void Between_StatisticsWithoutACount_WarnsThatItIsNotKnown()
    {
        FrechetDistance distance = FrechetDistance.Between(new FeatureGaussian([0], [1], 5), new FeatureGaussian([0], [1], null));
        Assert.Contains("how many samples the reference had is not known", Assert.Single(distance.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Between_WhatCannotBeCompared_IsRefused()
    {
        FeatureGaussian two = new([0, 0], [1, 0, 0, 1], 5);
        Assert.Contains("1 dimensions cannot be compared with a reference of 2", Assert.Throws<ArgumentException>(() => FrechetDistance.Between(new FeatureGaussian([0], [1], 5), two)).Message, StringComparison.Ordinal);
        Assert.Contains("no covariance", Assert.Throws<ArgumentException>(() => FrechetDistance.Between(two, new FeatureGaussian([0, 0], [1, 2, 2, 1], 5))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 40, 40, 40, 40, 40, 40, 40, 40, 40, 40 })]
    [InlineData(new[] { 30, 50, 30, 50, 40, 40, 30, 50, 30, 50 })]
    public void Jackknife_OfManyDraws_IsTheSpreadOfTheDistances(int[] sizes)
    {
        const int Draws = 300;
        const int Dimensions = 4;
        using DisposeScope scope = NewDisposeScope();
        using FrechetReference reference = new(new FeatureGaussian(new double[Dimensions], [.. eye(Dimensions, dtype: ScalarType.Float64).flatten().data<double>()], 100_000));
        double[] distances = new double[Draws], errors = new double[Draws];
        for (int draw = 0; draw < Draws; draw++)
        {
            // The samples are somewhat off: of a distance of zero the spread is not that of a smooth function.
            using DisposeScope inner = NewDisposeScope();
            Tensor features = Features.Normal(draw, sizes.Sum(), Dimensions) * 1.2 + 0.3;
            FeatureStatistics[] parts = [.. features.split([.. sizes.Select(size => (long)size)]).Select(part => Features.Statistics(part))];
            distances[draw] = reference.DistanceTo(FeatureStatistics.Merge(parts).Gaussian()).Value;
            errors[draw] = FrechetError.Jackknife(reference, parts);
        }

        double mean = distances.Average();
        double spread = Math.Sqrt(distances.Sum(value => (value - mean) * (value - mean)) / (Draws - 1));
        Assert.InRange(errors.Average() / spread, 0.85, 1.15);
    }

    [Fact]
    public void AtInfinity_OfGrowingParts_TakesTheBiasAway()
    {
        const int Draws = 40;
        const int Dimensions = 8;
        using DisposeScope scope = NewDisposeScope();
        using FrechetReference reference = new(new FeatureGaussian(new double[Dimensions], [.. eye(Dimensions, dtype: ScalarType.Float64).flatten().data<double>()], 100_000));
        double plain = 0, extrapolated = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            using DisposeScope inner = NewDisposeScope();
            FeatureStatistics[] parts = [.. Features.Normal(draw, 1000, Dimensions).split(100).Select(part => Features.Statistics(part))];
            IReadOnlyList<(long Count, double Value)> growth = FrechetError.Growth(reference, parts);
            Assert.Equal(10, growth.Count);
            plain += growth[^1].Value / Draws;
            extrapolated += FrechetError.AtInfinity(growth) / Draws;
        }

        // The samples are of the reference, so the distance is all bias.
        Assert.InRange(plain, 0.015, 0.04);
        Assert.InRange(extrapolated, -0.005, 0.005);
    }

    [Fact]
    public void AtInfinity_PointsOnALine_IsItsEnd() => Assert.Equal(2.5, FrechetError.AtInfinity([(100, 2.5 + 3), (200, 2.5 + 1.5), (400, 2.5 + 0.75)]), 1e-12);

    [Fact]
    public void Growth_PartsTooSmallForTheRank_AreLeftOut()
    {
        using DisposeScope scope = NewDisposeScope();
        using FrechetReference reference = new(Features.Gaussian(Features.Normal(1, 100, 8)));
        FeatureStatistics[] parts = [.. Features.Normal(2, 20, 8).split(5).Select(part => Features.Statistics(part))];
        Assert.Equal([10, 15, 20], FrechetError.Growth(reference, parts).Select(point => point.Count));
    }

    [Fact]
    public void Errors_OfTooFewParts_AreRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        FeatureStatistics part = Features.Statistics(Features.Normal(1, 100, 2));
        using FrechetReference reference = new(part.Gaussian());
        Assert.Contains("got 1", Assert.Throws<ArgumentException>(() => FrechetError.Jackknife(reference, [part])).Message, StringComparison.Ordinal);
        Assert.Contains("got 1", Assert.Throws<ArgumentException>(() => FrechetError.AtInfinity([(100, 1)])).Message, StringComparison.Ordinal);
    }
}
