using DdpmJobs.Cli.Watching;
using DdpmJobs.Scheduler.Api;

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
    public void Read_EvaluationInParts_IsOneLineOfAllTheirWork()
    {
        var clock = new HandClock();
        var reader = new ProgressReader(clock);
        JobView[] jobs =
        [
            Sweeps.Job("train", "succeeded", 7, 7), Sweeps.Job("evaluate", "succeeded", 100, 100) with { Shard = 0 }, Sweeps.Job("evaluate", "running", 30, 100) with { Shard = 1 },
            Sweeps.Job("evaluate", "running", 0, 0) with { Shard = 2 }, Sweeps.Job("evaluate", "ready") with { Shard = 3 }, Sweeps.Job("evaluate", "blocked"), Sweeps.Job("sample", "running", 1, 2),
        ];
        RunDetail run = Sweeps.Run("x", jobs);

        RunProgress line = Assert.Single(reader.Read(Sweeps.Of(run), "").Runs);
        Assert.Equal(("evaluate (1/4 shards)", "running", 130L, 400L, null), (line.Phase, line.State, line.Done, line.Total, line.Remaining));

        // Whichever part it is done in, the work done in a time tells the time left.
        clock.Seconds = 10;
        jobs[2] = jobs[2] with { State = "succeeded", Done = 100 };
        jobs[3] = jobs[3] with { Done = 30, Total = 100 };
        line = Assert.Single(reader.Read(Sweeps.Of(run), "").Runs);
        Assert.Equal(("evaluate (2/4 shards)", 230L, 400L, TimeSpan.FromSeconds(17)), (line.Phase, line.Done, line.Total, line.Remaining));

        // A part that is repeated begins the count anew.
        jobs[3] = jobs[3] with { Done = 0, Attempt = 2 };
        clock.Seconds = 20;
        line = Assert.Single(reader.Read(Sweeps.Of(run), "").Runs);
        Assert.Equal((200L, 400L, null), (line.Done, line.Total, line.Remaining));
    }

    [Theory]
    [InlineData("ready", "evaluate (1/2 shards)", "ready", "succeeded", "ready", "blocked")]
    [InlineData("running", "evaluate", "running", "succeeded", "succeeded", "running")]
    [InlineData("failed", "evaluate (1/2 shards)", "failed", "succeeded", "failed", "skipped")]
    [InlineData("", "evaluate", "done", "succeeded", "succeeded", "succeeded")]
    public void Read_PartsThatNobodyIsAt_SaysWhatIsNext(string why, string phase, string state, string first, string second, string together)
    {
        RunProgress run = Assert.Single(_reader.Read(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "succeeded"), .. Sweeps.Shards(together, first, second)])), "").Runs);
        Assert.Equal((phase, state, why == "failed" ? "no room for 1" : ""), (run.Phase, run.State, run.Note));
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
