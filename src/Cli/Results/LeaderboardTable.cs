using Spectre.Console;

namespace DdpmJobs.Cli.Results;

/// <summary>Shows a leaderboard to a person.</summary>
internal static class LeaderboardTable
{
    /// <summary>Writes one table for each metric and protocol, then the runs that have no place in any.</summary>
    public static void Write(Leaderboard leaderboard, Terminal terminal)
    {
        foreach (RankedGroup group in leaderboard.Groups)
        {
            terminal.Write(Of(group, leaderboard.Groups.Count(g => g.Metric == group.Metric) > 1));
        }

        if (leaderboard.Unranked.Count > 0)
        {
            terminal.Out.WriteLine("Not ranked:");
            foreach (UnrankedRun run in leaderboard.Unranked)
            {
                terminal.Out.WriteLine($"  {run.Run}: {run.Reason}");
            }
        }
    }

    private static Table Of(RankedGroup group, bool several)
    {
        // The parts are shown where they are the known terms of the bound; others are in --json.
        var parts = MetricNames.NllParts.Where(p => group.Rows.Any(r => r.Parts.ContainsKey(p.Part))).ToList();
        string protocol = several ? $", protocol {Wording.Short(group.ProtocolDigest)} (not comparable with the others)" : "";
        Table table = new Table().RoundedBorder().Title(Markup.Escape($"{group.Metric} ({(group.LowerIsBetter ? "lower" : "higher")} is better{protocol})"));
        table.AddColumn(new TableColumn("rank").RightAligned());
        table.AddColumn(new TableColumn("run").NoWrap());
        table.AddColumn(new TableColumn(Markup.Escape(group.Unit)).RightAligned().NoWrap());
        parts.ForEach(p => table.AddColumn(new TableColumn(p.Title).RightAligned().NoWrap()));
        table.AddColumn(new TableColumn("train (wall)").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("last loss").RightAligned().NoWrap());
        foreach (LeaderboardRow row in group.Rows)
        {
            string error = row.StandardError is { } se ? $" ± {Wording.Fixed(se)}" : "";
            table.AddRow(
            [
                row.Rank?.ToString() ?? "–",
                Markup.Escape(row.Run),
                $"{Wording.Fixed(row.Value)}{error}",
                .. parts.Select(p => row.Parts.TryGetValue(p.Part, out double value) ? Wording.Fixed(value) : "–"),
                row.TrainSeconds is { } seconds ? Wording.Duration(TimeSpan.FromSeconds(seconds)) : "–",
                row.FinalLoss is { } loss ? Wording.Number(loss, 4) : "–",
            ]);
        }

        return table;
    }
}
