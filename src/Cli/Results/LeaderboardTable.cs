using Spectre.Console;

namespace DdpmJobs.Cli.Results;

/// <summary>Shows a leaderboard to a person.</summary>
internal static class LeaderboardTable
{
    /// <summary>Writes one table for each metric and protocol, with what makes its values doubtful; then what the protocols of one metric differ in, and the runs that have no place in any table.</summary>
    /// <param name="leaderboard">What to write.</param>
    /// <param name="protocols">Whether to write under each table how its values were measured.</param>
    /// <param name="terminal">Where to.</param>
    public static void Write(Leaderboard leaderboard, bool protocols, Terminal terminal)
    {
        foreach (RankedGroup group in leaderboard.Groups)
        {
            // A table's own title would be broken to the width of the table.
            bool several = leaderboard.Groups.Count(g => g.Metric == group.Metric) > 1;
            string better = group.LowerIsBetter ? "lower" : "higher";
            terminal.Out.WriteLine($"{group.Metric} ({better} is better), protocol {group.ProtocolDigest}{(several ? ", not comparable with the others" : "")}");
            terminal.Write(Of(group, trains: group == leaderboard.Groups[0]));
            foreach (string warning in group.Rows.SelectMany(r => r.Warnings).Distinct())
            {
                terminal.Out.WriteLine($"! {warning}");
            }

            if (protocols)
            {
                ProtocolText.Write(group.Metric, group.ProtocolDigest, group.Protocol, terminal);
            }
        }

        foreach (string difference in leaderboard.Differences)
        {
            terminal.Out.WriteLine(difference);
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

    // How the trainings went is told once.
    private static Table Of(RankedGroup group, bool trains)
    {
        // The parts are shown where they are the known terms of the bound; others are in --json.
        var parts = MetricNames.NllParts.Where(p => group.Rows.Any(r => r.Parts.ContainsKey(p.Part))).ToList();
        Table table = new Table().RoundedBorder();
        table.AddColumn(new TableColumn("rank").RightAligned());
        table.AddColumn(new TableColumn("run").NoWrap());
        table.AddColumn(new TableColumn(Markup.Escape(group.Unit)).RightAligned().NoWrap());
        parts.ForEach(p => table.AddColumn(new TableColumn(p.Title).RightAligned().NoWrap()));
        if (trains)
        {
            table.AddColumn(new TableColumn("train (wall)").RightAligned().NoWrap());
            table.AddColumn(new TableColumn("last loss").RightAligned().NoWrap());
        }

        // Values without a mark stand above those with one.
        string room = group.Rows.Any(r => r.Warnings.Count > 0) ? "  " : "";
        foreach (LeaderboardRow row in group.Rows)
        {
            string error = row.StandardError is { } se ? $" ± {Wording.Fixed(se)}" : "";
            table.AddRow(
            [
                row.Rank?.ToString() ?? "–",
                Markup.Escape(row.Run),
                $"{Wording.Fixed(row.Value)}{error}{(row.Warnings.Count > 0 ? " !" : room)}",
                .. parts.Select(p => row.Parts.TryGetValue(p.Part, out double value) ? Wording.Fixed(value) : "–"),
                .. trains ? [row.TrainSeconds is { } seconds ? Wording.Duration(TimeSpan.FromSeconds(seconds)) : "–", row.FinalLoss is { } loss ? Wording.Number(loss, 4) : "–"] : Array.Empty<string>(),
            ]);
        }

        return table;
    }
}
