using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class InceptionScoreTests
{
    [Fact]
    public void Value_SamplesInBatchesOfTwoMachines_IsThatOfTheWhole()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = Features.Normal(1, 103, 7) * 3;
        InceptionScore whole = new(103, 7), first = new(103, 7), second = new(103, 7);
        whole.AddLogits(0, logits);
        for (int row = 98; row >= 60; row -= 2)
            first.AddLogits(row, logits.narrow(0, row, 2));
        second.AddLogits(100, logits[100..]);
        second.AddLogits(0, logits[..60]);
        second.Add(first);
        Assert.Equal(whole.Value().Mean, second.Value().Mean, 1e-13);
        Assert.Equal(whole.Value().StandardDeviation, second.Value().StandardDeviation, 1e-13);
    }

    [Fact]
    public void Value_OneClassEach_IsTheNumberOfClasses()
    {
        using DisposeScope scope = NewDisposeScope();
        InceptionScore score = new(20, 5, splits: 2);
        score.AddProbabilities(0, eye(5).repeat(4, 1));
        Assert.Equal(5, score.Value().Mean, 1e-12);
        Assert.Equal(0, score.Value().StandardDeviation, 1e-12);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(0)]
    public void Constructor_FewerSamplesThanSplits_IsRefusedWithBoth(int samples)
        => Assert.Contains($"at least 10 samples; got {samples}", Assert.Throws<ArgumentException>(() => new InceptionScore(samples, 5)).Message, StringComparison.Ordinal);

    [Fact]
    public void Value_SamplesMissingOrTwice_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        InceptionScore score = new(10, 2, splits: 2);
        score.AddLogits(0, zeros(9, 2));
        Assert.Contains("Split 1 of the Inception score has 4 samples instead of 5; 9 of 10", Assert.Throws<InvalidOperationException>(() => score.Value()).Message, StringComparison.Ordinal);
        score.AddLogits(0, zeros(1, 2));
        Assert.Contains("Split 0 of the Inception score has 6 samples instead of 5", Assert.Throws<InvalidOperationException>(() => score.Value()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_WhatDoesNotBelong_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        InceptionScore score = new(10, 2, splits: 2);
        Refused("Samples 8 to 10 are not among the 10", () => score.AddLogits(8, zeros(3, 2)));
        Refused("(N, 2)", () => score.AddLogits(0, zeros(3, 4)));
        Refused("Feature 1 of sample 4 is NaN", () => score.AddLogits(4, tensor(new[,] { { 0, float.NaN } })));
        Refused("sample 3 sum up to 1.5", () => score.AddProbabilities(2, tensor(new[,] { { 0.5, 0.5 }, { 1, 0.5 } })));
        Refused("smallest -0.5", () => score.AddProbabilities(0, tensor(new[,] { { 1.5, -0.5 } })));
        Refused("10 and 10 samples, 2 and 5 splits", () => score.Add(new InceptionScore(10, 2, splits: 5)));
        Assert.Equal(0, score.Count);

        static void Refused(string expected, Action add) => Assert.Contains(expected, Assert.Throws<ArgumentException>(add).Message, StringComparison.Ordinal);
    }
}
