using DdpmJobs.Cli.Results;

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
    public void Of_DivergedRun_IsListedWithTheReason()
    {
        Leaderboard board = Leaderboard.Of(Sweeps.Of(Sweeps.Run("x", [Sweeps.Job("train", "diverged", error: "loss NaN at step 12"), Sweeps.Job("evaluate", "skipped")])));
        UnrankedRun run = Assert.Single(board.Unranked);
        Assert.Equal("diverged", run.State);
        Assert.Equal("train diverged: loss NaN at step 12", run.Reason);
    }
}
