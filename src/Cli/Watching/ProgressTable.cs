using Spectre.Console;
using Spectre.Console.Rendering;

namespace DdpmJobs.Cli.Watching;

/// <summary>Draws a sweep's progress for a live display.</summary>
internal static class ProgressTable
{
    private const int BarWidth = 16;

    // Lines of the screen that are not runs: border, header, summary.
    private const int OtherLines = 8;

    /// <summary>One line for each run, those under way first where the screen is too low for all.</summary>
    public static IRenderable Of(SweepProgress progress, int screenHeight)
    {
        int room = Math.Max(3, screenHeight - OtherLines);
        HashSet<RunProgress> shown = new(progress.Runs.OrderBy(r => r.State is "running" or "stopping" ? 0 : r.IsFinal ? 2 : 1).Take(room), ReferenceEqualityComparer.Instance);
        Table table = new Table().RoundedBorder().BorderColor(Color.Grey);
        table.AddColumn(new TableColumn("run").NoWrap());
        table.AddColumn(new TableColumn("job").NoWrap());
        table.AddColumn(new TableColumn("state").NoWrap());
        table.AddColumn(new TableColumn("progress").NoWrap());
        foreach (string title in new[] { "loss", "images/s", "ETA", "bits/dim" })
        {
            table.AddColumn(new TableColumn(title).RightAligned().NoWrap());
        }

        foreach (RunProgress run in progress.Runs.Where(shown.Contains))
        {
            table.AddRow(
                Markup.Escape(run.Run), run.IsFinal ? "" : run.Phase, State(run), Bar(run),
                run.Loss is { } loss ? Wording.Number(loss, 3) : "", run.ImagesPerSecond is { } speed ? speed.ToString("0") : "",
                run.Remaining is { } left ? Wording.Duration(left) : "", run.BitsPerDim is { } bits ? Wording.Fixed(bits) : "");
        }

        return new Rows(table, new Markup(Markup.Escape(Summary(progress, progress.Runs.Count - shown.Count))));
    }

    /// <summary>The overall line.</summary>
    public static string Summary(SweepProgress progress, int hidden)
        => $"{progress.Name}: {progress.JobsDone} of {progress.Jobs} jobs done, {Wording.Duration(progress.Elapsed)}"
            + (progress.Note.Length > 0 ? $"; {progress.Note}" : "") + (hidden > 0 ? $"; {hidden} more runs not shown" : "");

    private static string State(RunProgress run)
    {
        string color = run.State switch
        {
            "done" or "succeeded" => "green",
            "running" => "blue",
            "failed" => "red",
            "diverged" or "cancelled" or "pruned" or "stopping" => "yellow",
            _ => "grey",
        };
        return $"[{color}]{Markup.Escape(run.State)}[/]";
    }

    private static string Bar(RunProgress run)
    {
        if (run.Total <= 0 || run.IsFinal)
        {
            return "";
        }

        int filled = (int)Math.Clamp(BarWidth * run.Done / run.Total, 0, BarWidth);
        return $"[blue]{new string('━', filled)}[/][grey]{new string('━', BarWidth - filled)}[/] {run.Done}/{run.Total} {Markup.Escape(run.Unit)}";
    }
}
