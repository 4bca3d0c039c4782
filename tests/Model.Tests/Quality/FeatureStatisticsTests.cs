using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class FeatureStatisticsTests
{
    [Fact]
    public void Statistics_OfSeveralBlocksAndPanels_AreThoseOfTheWhole()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(1, 2500, 530).to(ScalarType.Float64) + 3;
        FeatureStatistics statistics = Features.Statistics(features);
        Tensor centered = features - features.mean([0L]);
        Assert.Equal(2500, statistics.Count);
        Assert.True(Features.LargestDifference(features.mean([0L]).data<double>().ToArray(), statistics.Mean) < 1e-13);
        Assert.True(Features.LargestDifference(centered.t().mm(centered).contiguous().data<double>().ToArray(), statistics.Scatter) < 1e-9);
    }

    [Fact]
    public void Statistics_OfTheSameFeaturesInOtherBatches_AreTheSameBits()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(2, 1100, 5);
        FeatureStatistics whole = Features.Statistics(features);
        foreach (int batch in new[] { 1, 64, 1024 })
        {
            FeatureStatistics batched = Features.Statistics(features, batch);
            Assert.Equal(whole.Mean, batched.Mean);
            Assert.Equal(whole.Scatter, batched.Scatter);
        }
    }

    [Fact]
    public void Statistics_OfAMeanFarFromZero_KeepTheirSpread()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(3, 3000, 2).to(ScalarType.Float64);
        FeatureStatistics near = Features.Statistics(features), far = Features.Statistics(features + 1e6);
        Assert.True(Features.LargestDifference(near.Scatter, far.Scatter) < 1e-5);
    }

    [Fact]
    public void Statistics_AskedForOnTheWay_DoNotDisturbWhatFollows()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(4, 40, 3);
        using FeatureTally tally = new(3);
        Assert.Contains("No features", Assert.Throws<InvalidOperationException>(tally.Statistics).Message, StringComparison.Ordinal);
        tally.Add(features[..0]);
        Assert.Equal(0, tally.Count);
        tally.Add(features[..17]);
        Assert.Equal(17, tally.Statistics().Count);
        tally.Add(features[17..]);
        Assert.True(Features.LargestDifference(Features.Statistics(features).Scatter, tally.Statistics().Scatter) < 1e-12);
    }

    [Fact]
    public void Merge_InAnyOrderAndGrouping_IsTheWhole()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(5, 1000, 6) + 5;
        FeatureStatistics whole = Features.Statistics(features);
        long[] ends = [0, 1, 10, 300, 650, 1000];
        FeatureStatistics[] parts = [.. Enumerable.Range(0, 5).Select(i => Features.Statistics(features.narrow(0, ends[i], ends[i + 1] - ends[i])))];
        FeatureStatistics[] merged =
        [
            FeatureStatistics.Merge(parts),
            FeatureStatistics.Merge(parts.Reverse()),
            FeatureStatistics.Merge([parts[3], FeatureStatistics.Merge([parts[4], parts[0]]), FeatureStatistics.Merge([parts[2], parts[1]])]),
        ];
        Assert.All(merged, sum =>
        {
            Assert.Equal(whole.Count, sum.Count);
            Assert.True(Features.LargestDifference(whole.Mean, sum.Mean) < 1e-14);
            Assert.True(Features.LargestDifference(whole.Scatter, sum.Scatter) < 1e-11);
        });
        Assert.Equal(1, parts[0].Count);
        Assert.All(parts[0].Scatter.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Without_APart_IsTheRest()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor features = Features.Normal(6, 500, 4) - 2;
        FeatureStatistics whole = Features.Statistics(features), part = Features.Statistics(features[..50]), rest = Features.Statistics(features[50..]);
        FeatureStatistics left = whole.Without(part);
        Assert.Equal(450, left.Count);
        Assert.True(Features.LargestDifference(rest.Mean, left.Mean) < 1e-14);
        Assert.True(Features.LargestDifference(rest.Scatter, left.Scatter) < 1e-11);
        Assert.Contains("Of 50 samples 500", Assert.Throws<ArgumentException>(() => part.Without(whole)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_OfWhatDoesNotBelongTogether_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        FeatureStatistics[] parts = [Features.Statistics(ones(3, 2)), Features.Statistics(ones(3, 4))];
        Assert.Contains("2 and of 4 dimensions", Assert.Throws<ArgumentException>(() => FeatureStatistics.Merge(parts)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => FeatureStatistics.Merge([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FeatureStatistics(0, [0], [0]));
    }

    [Fact]
    public void Add_WhatIsNoFeature_IsRefusedByPlace()
    {
        using DisposeScope scope = NewDisposeScope();
        using FeatureTally tally = new(3);
        tally.Add(ones(10, 3));
        Tensor wrong = ones(4, 3);
        wrong[2, 1] = float.NaN;
        Assert.Contains("Feature 1 of sample 12 is NaN", Assert.Throws<ArgumentException>(() => tally.Add(wrong)).Message, StringComparison.Ordinal);
        Assert.Contains("got (4, 2) Float32", Assert.Throws<ArgumentException>(() => tally.Add(ones(4, 2))).Message, StringComparison.Ordinal);
        Assert.Contains("Int64", Assert.Throws<ArgumentException>(() => tally.Add(ones(4, 3, ScalarType.Int64))).Message, StringComparison.Ordinal);
        Assert.Equal(10, tally.Count);
    }

    [Fact]
    public void Gaussian_OfOneSample_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Contains("there is 1", Assert.Throws<InvalidOperationException>(() => Features.Gaussian(ones(1, 2))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new double[] { 0 }, new double[] { 1, 2 }, "got 2 elements")]
    [InlineData(new double[] { double.NaN }, new double[] { 1 }, "element 0 is NaN")]
    [InlineData(new double[] { 0, 0 }, new[] { 1, 0.5, 0.25, 1 }, "row 0, column 1 is 0.5, and the mirrored element 0.25")]
    [InlineData(new double[] { 0, 0 }, new[] { 1, 0, 0, -3.5 }, "the negative variance -3.5 in row 1")]
    [InlineData(new double[] { 0, 0 }, new[] { 1, 0, double.PositiveInfinity, 1 }, "row 1, column 0 is Infinity")]
    public void Constructor_NumbersThatAreNoStatistics_AreRefused(double[] mean, double[] scatter, string expected)
        => Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new FeatureStatistics(5, mean, scatter)).Message, StringComparison.Ordinal);
}
