using DdpmJobs.Model.Quality;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

public sealed class PrecisionRecallTests
{
    [Fact]
    public void Of_AnyBlock_IsTheSame()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor generated = Features.Normal(1, 150, 5) * 0.7, real = Features.Normal(2, 130, 5);
        PrecisionRecall whole = PrecisionRecall.Of(generated, real);
        Assert.InRange(whole.Precision, whole.Recall, 1);
        Assert.All([1, 17, 130], block => Assert.Equal(whole, PrecisionRecall.Of(generated, real, block: block)));
    }

    [Fact]
    public void Of_SetsApart_AreZeroAndOfCopiesOne()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor real = Features.Normal(1, 64, 16) + 1000;
        Assert.Equal(new PrecisionRecall(0, 0), PrecisionRecall.Of(real + 50, real));

        // Each image four times, so that every ball has the radius zero.
        Assert.Equal(new PrecisionRecall(1, 1), PrecisionRecall.Of(real, real.repeat(4, 1)[..256]));
        Assert.Equal(new PrecisionRecall(1, 1), PrecisionRecall.Of(real.repeat(4, 1), real.repeat(5, 1)));
    }

    [Fact]
    public void Of_OneModeOfTwo_IsPreciseAndRecallsHalf()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mode = Features.Normal(1, 200, 2);
        PrecisionRecall found = PrecisionRecall.Of(Features.Normal(2, 400, 2), cat([mode, mode + 100]));
        Assert.InRange(found.Precision, 0.9, 1);
        Assert.InRange(found.Recall, 0.4, 0.5);
    }

    [Fact]
    public void Of_WhatCannotBeCompared_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Contains("3 neighbours of a sample need at least 4 samples of each set; got 3 generated and 9 real",
            Assert.Throws<ArgumentException>(() => PrecisionRecall.Of(ones(3, 2), ones(9, 2))).Message, StringComparison.Ordinal);
        Assert.Contains("got 9 generated and 0 real", Assert.Throws<ArgumentException>(() => PrecisionRecall.Of(ones(9, 2), ones(0, 2))).Message, StringComparison.Ordinal);
        Assert.Contains("(9, 2) generated and (9, 3) real", Assert.Throws<ArgumentException>(() => PrecisionRecall.Of(ones(9, 2), ones(9, 3))).Message, StringComparison.Ordinal);
        Assert.Contains("is NaN", Assert.Throws<ArgumentException>(() => PrecisionRecall.Of(ones(9, 2) * float.NaN, ones(9, 2))).Message, StringComparison.Ordinal);
    }
}
