using System.Text.Json.Nodes;
using DdpmJobs.Cli.Results;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Tests.Results;

public class LeaderboardTests
{
    [Fact]
    public void Of_LowerIsBetter_RanksTheSmallestFirst()
    {
        RankedGroup group = Assert.Single(Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [], Sweeps.Nll(3)), Sweeps.Run("y", [], Sweeps.Nll(2)))).Groups);
        Assert.Equal(["y", "x"], group.Rows.Select(r => r.Run));
        Assert.Equal([1, 2], group.Rows.Select(r => r.Rank));
    }

    [Fact]
    public void Of_HigherIsBetter_RanksTheLargestFirst()
    {
        RankedGroup group = Assert.Single(Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [], Sweeps.Nll(2, lower: false)), Sweeps.Run("y", [], Sweeps.Nll(3, lower: false)))).Groups);
        Assert.Equal(["y", "x"], group.Rows.Select(r => r.Run));
    }

    [Fact]
    public void Of_EqualValues_ShareTheRank()
    {
        RankedGroup group = Assert.Single(Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [], Sweeps.Nll(2)), Sweeps.Run("y", [], Sweeps.Nll(2)), Sweeps.Run("z", [], Sweeps.Nll(3)))).Groups);
        Assert.Equal([1, 1, 3], group.Rows.Select(r => r.Rank));
    }

    [Fact]
    public void Of_DifferentProtocols_NeverRanksThemTogether()
    {
        Leaderboard board = Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [], Sweeps.Nll(3, "a")), Sweeps.Run("y", [], Sweeps.Nll(2, "b"))));
        Assert.Equal(2, board.Groups.Count);
        Assert.All(board.Groups, g => Assert.Equal(1, Assert.Single(g.Rows).Rank));
    }

    [Fact]
    public void Of_MeasuredTwiceTheSameWay_CountsTheNewest()
    {
        RankedGroup group = Assert.Single(Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [], Sweeps.Nll(3), Sweeps.Nll(4)))).Groups);
        Assert.Equal(4, Assert.Single(group.Rows).Value);
    }

    [Fact]
    public void Of_NotANumber_IsShownLastWithoutRank()
    {
        RankedGroup group = Assert.Single(Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [], Sweeps.Nll(double.NaN)), Sweeps.Run("y", [], Sweeps.Nll(2)))).Groups);
        Assert.Equal(["y", "x"], group.Rows.Select(r => r.Run));
        Assert.Null(group.Rows[1].Rank);
    }

    [Fact]
    public void Write_DoubtfulValues_AreMarkedAndTheReasonsWrittenOnce()
    {
        Leaderboard board = Leaderboard.Of(Sweeps.Of(
            Sweeps.Run("x", [], Sweeps.Nll(2) with { Warnings = ["1000 < 10000 images: the value is too large"] }),
            Sweeps.Run("y", [], Sweeps.Nll(3)),
            Sweeps.Run("z", [], Sweeps.Nll(4) with { Warnings = ["1000 < 10000 images: the value is too large", "the average is mostly the first weights"] })));

        string[] lines = Written(board, protocols: false);

        Assert.Equal(
            ["1 x 2.0000 ± 0.0100 !", "2 y 3.0000 ± 0.0100", "3 z 4.0000 ± 0.0100 !"],
            lines.Where(line => line.Contains('±', StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split("  ", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(3))));
        Assert.Single(lines.Where(line => line.Contains('±', StringComparison.Ordinal)).Select(line => line.IndexOf('±', StringComparison.Ordinal)).Distinct());
        Assert.Equal(["! 1000 < 10000 images: the value is too large", "! the average is mostly the first weights"], lines.Where(line => line.StartsWith('!')));
    }

    [Fact]
    public void Write_TwoProtocolsOfAMetric_SaysInWhichMembersTheyDiffer()
    {
        Leaderboard board = Leaderboard.Of(Sweeps.Of(
            Sweeps.Run("x", [], Nll("aaaaaaaaaaaaaaaa", 20), Nll("bbbbbbbbbbbbbbbb", 50)), Sweeps.Run("y", [], Nll("aaaaaaaaaaaaaaaa", 20))));

        string[] lines = Written(board, protocols: true);

        Assert.Single(lines, "nll: protocols aaaaaaaaaaaaaaaa and bbbbbbbbbbbbbbbb differ in sampler.steps");
        Assert.Equal(
            ["Protocol aaaaaaaaaaaaaaaa of nll:", "  labels null", "  sampler.classes [1,2]", "  sampler.kind ddim", "  sampler.steps 20", "  split test"],
            lines.SkipWhile(line => !line.StartsWith("Protocol", StringComparison.Ordinal)).Take(6));
        Assert.Equal(2, lines.Count(line => line.StartsWith("Protocol", StringComparison.Ordinal)));
        Assert.DoesNotContain(Written(board, protocols: false), line => line.StartsWith("Protocol", StringComparison.Ordinal));

        EvaluationView Nll(string digest, int steps) => Sweeps.Nll(2, digest) with
        {
            Protocol = new JsonObject
            {
                ["split"] = "test", ["labels"] = null, ["sampler"] = new JsonObject { ["steps"] = steps, ["kind"] = "ddim", ["classes"] = new JsonArray(1, 2) },
            },
        };
    }

    [Fact]
    public void Of_RunWithAFailedShard_IsListedWithWhichItWas()
    {
        UnrankedRun run = Assert.Single(Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "succeeded"), .. Sweeps.Shards("skipped", "succeeded", "failed", "succeeded")]))).Unranked);
        Assert.Equal("evaluate 2 of 3 failed: no room for 1", run.Reason);
    }

    private static string[] Written(Leaderboard board, bool protocols)
    {
        using StringWriter output = new();
        LeaderboardTable.Write(board, protocols, Terminal.OfPipes(output, TextWriter.Null, new Dictionary<string, string>()));
        return [.. output.ToString().Split('\n').Select(line => line.TrimEnd())];
    }

    [Fact]
    public void Of_DivergedRun_IsListedWithTheReason()
    {
        Leaderboard board = Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "diverged", error: "loss NaN at step 12"), Sweeps.Job("evaluate", "skipped")])));
        UnrankedRun run = Assert.Single(board.Unranked);
        Assert.Equal("diverged", run.State);
        Assert.Equal("train diverged: loss NaN at step 12", run.Reason);
    }
}
