using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>A sweep: its runs with their jobs and results, and its pictures.</summary>
public sealed class SweepPage(string id) : TrackingPage
{
    /// <inheritdoc />
    protected override async Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        (Guid? found, string problem) = await reader.FindSweepAsync(Uri.UnescapeDataString(id), cancel);
        if (found is null || await reader.SweepAsync(found.Value, cancel) is not { } sweep)
        {
            return ("Sweep", Markup.Of($"<div class='alert alert-warning'>{problem}</div>"), false);
        }

        // Head with the commands.
        SweepSummary summary = sweep.Summary;
        bool open = summary.State == "running";
        bool retryable = summary.Jobs.ContainsKey("failed") || summary.Jobs.ContainsKey("cancelled");
        Markup commands = Markup.Join([
            open ? Command($"/sweeps/{summary.Id}/cancel", "Cancel sweep", $"Stop all jobs of {summary.Name}?", "btn-danger") : Markup.None,
            retryable ? Command($"/sweeps/{summary.Id}/retry", "Retry failed and cancelled", $"Try the failed and cancelled jobs of {summary.Name} again?", "btn-primary") : Markup.None]);
        Markup head = Markup.Of($"<p>{State(summary.State)} submitted by <strong>{summary.SubmittedBy}</strong> {Time(summary.SubmittedAt)} <small class='text-muted'>{summary.Id}</small></p><p>{commands}</p>");

        // One row a run.
        Markup rows = Markup.Join(sweep.Runs.Select(RowOf));
        Markup table = Markup.Of($"<table class='table'><thead><tr><th>#</th><th>Run</th><th>Train</th><th>Evaluate</th><th>Sample</th><th>Loss</th><th>Images/s</th><th>Quality</th><th>Samples</th></tr></thead><tbody>{rows}</tbody></table>");

        // Values of different protocols must not be read as a ranking.
        int protocols = sweep.Runs.SelectMany(r => r.Evaluations).GroupBy(e => e.Metric).Select(g => g.Select(e => e.ProtocolDigest).Distinct().Count()).DefaultIfEmpty(0).Max();
        Markup differences = Markup.Join(ProtocolDifference.Sentences(sweep.Runs.SelectMany(r => r.Evaluations)).Select(sentence => Markup.Of($"<br><small>{sentence}</small>")));
        Markup warning = protocols > 1 ? Markup.Of($"<div class='alert alert-warning'>The qualities were measured by {protocols} protocols and are not comparable with each other; see the runs.{differences}</div>") : Markup.None;

        // The comparison, the newest where a retry made another.
        Markup grid = sweep.Artifacts.LastOrDefault(a => a.Kind == "sweep_grid") is { } picture
            ? Markup.Of($"<h3>Samples side by side <small>a row is a run, a column one latent or image of the data</small></h3><p>{Picture(picture, "ddpm-grid")}</p>")
            : sweep.SweepGridExpected ? Markup.Of($"<p class='text-muted'>The comparison of all runs appears here when every run is sampled.</p>") : Markup.None;
        return ($"Sweep {summary.Name}", Markup.Of($"{head}{warning}{table}{grid}"), open || sweep.SweepGridExpected);
    }

    private static Markup Doubt(EvaluationView value)
        => value.Warnings.Count > 0 ? Markup.Of($" <span class='text-warning' title='{string.Join("; ", value.Warnings)}'>!</span>") : Markup.None;

    private Markup RowOf(RunDetail run)
    {
        string LastOf(string metric, string format) => run.Last.TryGetValue(metric, out PointView? point) ? Number(point.Value, format) : "–";
        Markup quality = Markup.Join(run.Evaluations.Select(e => Markup.Of(
            $"<div title='protocol {e.ProtocolDigest}'><strong>{Number(e.Value, "0.0000")}</strong>{Doubt(e)} {e.Unit} <small class='text-muted'>{e.Metric}</small></div>")));
        Markup shards = run.ShardsDone() is { Length: > 0 } done ? Markup.Of($" <small>({done})</small>") : Markup.None;
        Markup picture = run.Artifacts.LastOrDefault(a => a.Kind == "sample_grid") is { } grid ? Picture(grid, "ddpm-thumb") : Markup.Of($"–");
        return Markup.Of($"<tr><td>{run.Index}</td><td>{Link($"/runs/{run.Id}", run.Name)}</td><td>{Job(run.JobOf("train"))}</td><td>{Job(run.JobOf("evaluate"))}{shards}</td><td>{Job(run.JobOf("sample"))}</td><td>{LastOf("train/loss", "0.00000")}</td><td>{LastOf("train/images_per_second", "0")}</td><td>{quality}</td><td>{picture}</td></tr>");
    }
}
