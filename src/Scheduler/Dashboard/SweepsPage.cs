using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>The newest sweeps.</summary>
public sealed class SweepsPage : TrackingPage
{
    private const int Limit = 100;

    /// <inheritdoc />
    protected override async Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        IReadOnlyList<SweepSummary> sweeps = await reader.SweepsAsync(Limit, cancel);
        if (sweeps.Count == 0)
        {
            return ("Sweeps", Markup.Of($"<div class='alert alert-info'>No sweeps yet. Submit one: <code>ddpm submit samples/digits.yaml</code></div>"), true);
        }

        Markup rows = Markup.Join(sweeps.Select(s => Markup.Of(
            $"<tr><td>{Link($"/sweeps/{s.Id}", s.Name)}</td><td>{State(s.State)}</td><td>{s.Runs}</td><td class='ddpm-wide'>{Bar(s)}</td><td>{s.SubmittedBy}</td><td>{Time(s.SubmittedAt)}</td></tr>")));
        Markup note = sweeps.Count == Limit ? Markup.Of($"<p class='text-muted'>The newest {Limit}; the API lists more.</p>") : Markup.None;
        return ("Sweeps", Markup.Of($"<table class='table table-hover'><thead><tr><th>Sweep</th><th>State</th><th>Runs</th><th>Jobs</th><th>By</th><th>Submitted</th></tr></thead><tbody>{rows}</tbody></table>{note}"), true);
    }

    // One bar for all jobs of a sweep, a part for each state.
    private static Markup Bar(SweepSummary sweep)
    {
        double all = Math.Max(1, sweep.Jobs.Values.Sum());
        string[] order = ["succeeded", "diverged", "failed", "running", "stopping"];
        Markup parts = Markup.Join(order.Where(sweep.Jobs.ContainsKey).Select(s => Markup.Of(
            $"<div class='progress-bar {LookOf(s)}' style='width:{Number(100 * sweep.Jobs[s] / all, "0.##")}%' title='{sweep.Jobs[s]} {s}'></div>")));
        return Markup.Of($"<div class='progress ddpm-progress'>{parts}</div><small class='text-muted'>{string.Join(", ", sweep.Jobs.Select(j => $"{j.Value} {j.Key}"))}</small>");
    }

    private static string LookOf(string state) => state switch
    {
        "succeeded" => "progress-bar-success",
        "failed" => "progress-bar-danger",
        "diverged" => "",
        _ => "progress-bar-warning progress-bar-striped",
    };
}
