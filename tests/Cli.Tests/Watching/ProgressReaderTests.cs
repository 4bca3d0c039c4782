using DdpmJobs.Cli.Watching;

namespace DdpmJobs.Cli.Tests.Watching;

public class ProgressReaderTests
{
    private readonly ProgressReader _reader = new(TimeProvider.System);

    [Fact]
    public void Read_JobUnderWay_IsTheOneShown()
    {
        SweepProgress progress = _reader.Read(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "succeeded"), Sweeps.Job("evaluate", "ready"), Sweeps.Job("sample", "running", 2, 5)])), "");
        RunProgress run = Assert.Single(progress.Runs);
        Assert.Equal(("sample", "running", 2L, 5L), (run.Phase, run.State, run.Done, run.Total));
        Assert.Equal((1, 3), (progress.JobsDone, progress.Jobs));
        Assert.Equal("", progress.Note);
    }

    [Fact]
    public void Read_DivergedRun_SaysSoAndNotThatItsEvaluationWasSkipped()
    {
        RunProgress run = Assert.Single(_reader.Read(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "diverged", error: "loss NaN"), Sweeps.Job("evaluate", "skipped")])), "").Runs);
        Assert.Equal(("train", "diverged", "loss NaN"), (run.Phase, run.State, run.Note));
        Assert.True(run.IsFinal);
    }

    [Fact]
    public void Read_BoundsOfTwoSplits_ShowsThatOfTheHeldOutImages()
    {
        RunProgress run = Assert.Single(_reader.Read(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("evaluate", "succeeded")], Sweeps.Nll(3.5), Sweeps.Nll(3.25) with { Metric = "nll_train" })), "").Runs);
        Assert.Equal(3.5, run.BitsPerDim);
    }

    [Fact]
    public void Read_NobodyTakesTheJobs_SaysWhy()
    {
        var sweep = Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "ready")]));
        Assert.Equal("waiting for a runner", _reader.Read(sweep, "").Note);
        Assert.Equal("the runner gave up", _reader.Read(sweep, "the runner gave up").Note);
    }

    [Fact]
    public void Show_SameStateTwice_WritesOneLine()
    {
        using StringWriter text = new();
        ProgressLines lines = new(text, TimeProvider.System);
        SweepProgress progress = _reader.Read(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "running", 1, 5)])), "");
        lines.Show(progress);
        lines.Show(progress);
        Assert.Equal("x: train running, 1/5 steps" + Environment.NewLine, text.ToString());
    }
}
