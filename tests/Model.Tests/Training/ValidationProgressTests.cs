using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Tests.Training;

public sealed class ValidationProgressTests
{
    [Fact]
    public void After_LowerIsBetter_SelectsEachNewLowestOnce()
    {
        Assert.Equal([10L, 20, 50], Selected(lowerIsBetter: true, 3, 2, 2, 2.5, 1));
        Assert.Equal([10L, 40], Selected(lowerIsBetter: false, 3, 2, 3, 4, double.NegativeInfinity));
    }

    [Fact]
    public void After_ValueThatIsNotFinite_SelectsNothing()
    {
        Assert.Equal([20L], Selected(lowerIsBetter: true, double.NaN, 2, double.NaN, double.NegativeInfinity));
    }

    [Theory]
    // The first value sets the mark; three that do not beat it end the training.
    [InlineData(3, 0.0, new[] { 5.0, 5, 6, 5 }, 40L)]
    // Two small improvements that add up to a clear one move the mark.
    [InlineData(2, 1.0, new[] { 5.0, 4.5, 3.9, 3.5, 3.2 }, 50L)]
    [InlineData(2, 1.0, new[] { 5.0, 4.5, 3.9, 3.5, 2.8, 2.7 }, null)]
    // An improvement by exactly the least one is none.
    [InlineData(1, 1.0, new[] { 5.0, 4 }, 20L)]
    // A value that is not finite is no improvement, and never the mark.
    [InlineData(3, 0.0, new[] { double.NaN, 5, double.NaN, double.PositiveInfinity, double.NegativeInfinity }, 50L)]
    [InlineData(2, 0.0, new[] { double.NaN, double.NaN }, 20L)]
    public void After_EarlyStop_EndsWhenPatienceIsOver(int patience, double minImprovement, double[] values, long? endsAt)
    {
        EarlyStopSpec early = new() { Metric = "nll", Patience = patience, MinImprovement = minImprovement };
        ValidationProgress progress = ValidationProgress.None;
        long step = 0;
        foreach (double value in values)
        {
            Assert.Null(progress.EndedEarly);
            progress = progress.After(step += 10, [Value(value)], early);
        }

        Assert.Equal(endsAt is null ? null : $"stopped early at step {endsAt}: validation/nll has not improved", progress.EndedEarly?[..$"stopped early at step {endsAt}: validation/nll has not improved".Length]);
    }

    [Fact]
    public void EndedEarly_Sentence_SaysWhatAPersonAsks()
    {
        ValidationProgress progress = After([2.5, 2.25, 3, 4], new EarlyStopSpec { Metric = "nll", Patience = 2, MinImprovement = 0.1 });
        Assert.Equal("stopped early at step 40: validation/nll has not improved by more than 0.1 bits/dim in 2 validations; its best is 2.25 bits/dim at step 20", progress.EndedEarly);
        Assert.EndsWith("in 2 validations; it was never finite", After([double.NaN, double.NaN], new EarlyStopSpec { Metric = "nll", Patience = 2 }).EndedEarly, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_ReadAgain_GoesOnAsIfNeverWritten()
    {
        EarlyStopSpec early = new() { Metric = "nll", Patience = 2 };
        ValidationProgress progress = After([1.0 / 3, double.NaN], early);
        ValidationProgress read = ValidationProgress.Read(progress.Text, "file");
        Assert.Equal(progress.Text, read.Text);
        Assert.Equal((0.1 + 0.2, 1), (read.After(30, [Value(0.1 + 0.2)], early).Mark, read.Waited));
        Assert.Equal(progress.After(30, [Value(1)], early).EndedEarly, read.After(30, [Value(1)], early).EndedEarly);
        Assert.Null(ValidationProgress.None.Text);
        Assert.Same(ValidationProgress.None, ValidationProgress.Read(null, "file"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"step\":1,\"metrics\":[{}]}")]
    [InlineData("{\"step\":1,\"unknown\":2}")]
    public void Read_DamagedText_NamesTheFile(string text)
        => Assert.StartsWith("a.safetensors cannot be used: its validation", Assert.Throws<InvalidDataException>(() => ValidationProgress.Read(text, "a.safetensors")).Message, StringComparison.Ordinal);

    private static ValidationProgress After(double[] values, EarlyStopSpec early)
        => values.Select((value, i) => (value, Step: 10L * (i + 1))).Aggregate(ValidationProgress.None, (progress, point) => progress.After(point.Step, [Value(point.value)], early));

    private static long[] Selected(bool lowerIsBetter, params double[] values)
    {
        List<long> selected = [];
        ValidationProgress progress = ValidationProgress.None;
        for (int i = 0; i < values.Length; i++)
        {
            progress = progress.After(10 * (i + 1), [Value(values[i], lowerIsBetter)], null);
            foreach (CheckpointSelection selection in progress.Selections)
            {
                Assert.Equal(("nll", values[i], "bits/dim", lowerIsBetter, 10L * (i + 1)), (selection.Metric, selection.Value, selection.Unit, selection.LowerIsBetter, selection.Step));
                Assert.Equal(16, selection.ProtocolDigest.Length);
                selected.Add(selection.Step);
            }
        }

        return [.. selected];
    }

    private static MetricValue Value(double value, bool lowerIsBetter = true)
        => new() { Name = "nll", Value = value, Unit = "bits/dim", LowerIsBetter = lowerIsBetter, Protocol = new JsonObject { ["split"] = "test" } };
}
