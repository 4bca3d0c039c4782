using System.Text.Json;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Tracking.Metrics;
using Hangfire.Dashboard;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>A run: curve, qualities, rate and distortion, files, jobs with attempts and events, spec.</summary>
public sealed class RunPage(string id) : TrackingPage
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <inheritdoc />
    protected override async Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (!Guid.TryParse(id, out Guid runId) || await reader.RunAsync(runId, cancel) is not { } run)
        {
            return ("Run", Markup.Of($"<div class='alert alert-warning'>There is no run {id}.</div>"), false);
        }

        MetricStore metrics = Context.GetHttpContext().RequestServices.GetRequiredService<MetricStore>();
        List<JobDetail> jobs = [];
        foreach (JobView job in run.Jobs)
        {
            if (await reader.JobAsync(job.Id, cancel) is { } detail)
            {
                jobs.Add(detail);
            }
        }

        Markup body = Markup.Join([
            Markup.Of($"<p>{Link($"/sweeps/{run.SweepId}", "← all runs of the sweep")} <small class='text-muted'>{run.Id}, spec {run.SpecHash}</small></p>"),
            Notes(run),
            Markup.Join(run.Jobs.Where(j => j.State == "diverged").Select(j => Markup.Of($"<div class='alert alert-info'>{j.Error}</div>"))),
            await LossSection.OfAsync(run, metrics, cancel),
            Qualities(run),
            await RateDistortionSection.OfAsync(run, metrics, cancel),
            Files(run),
            Markup.Join(jobs.Select(j => History(j, run.NameOf(j.Job)))),
            Markup.Of($"<h3>Newest values</h3><table class='table table-condensed ddpm-narrow'><thead><tr><th>Metric</th><th>Step</th><th>Value</th><th>Protocol</th></tr></thead><tbody>{Markup.Join(run.Last.Where(m => !LossSection.Shows(m.Key)).Select(m => Markup.Of($"<tr><td>{m.Key}</td><td>{m.Value.Step}</td><td>{Number(m.Value.Value, m.Key.EndsWith("_bytes", StringComparison.Ordinal) ? "N0" : "G7")}</td><td><code>{m.Value.ProtocolDigest}</code></td></tr>")))}</tbody></table>"),
            Markup.Of($"<h3>Spec</h3><pre>{run.Spec?.ToJsonString(Indented)}</pre>")]);
        return ($"Run {run.Name}", body, run.Jobs.Any(j => j.State is "blocked" or "ready" or "running" or "stopping"));
    }

    private static Markup Notes(RunDetail run)
        => Markup.Join(run.Notes.Select(note => Markup.Of($"<div class='alert alert-warning'>{note}</div>")));

    private static Markup Qualities(RunDetail run)
    {
        if (run.Evaluations.Count == 0)
        {
            return Markup.None;
        }

        Markup rows = Markup.Join(run.Evaluations.Select(e => Markup.Of(
            $"<tr><td>{e.Metric}</td><td><strong>{Number(e.Value, "0.0000")}</strong>{(e.StandardError is { } s ? $" ± {Number(s, "0.0000")}" : "")} {e.Unit}{Markup.Join(e.Warnings.Select(w => Markup.Of($"<br><small class='text-warning'>warning: {w}</small>")))}</td><td>{Markup.Join(e.Parts.Select(p => Markup.Of($"{p.Key} {Number(p.Value, "0.0000")}<br>")))}</td><td><details><summary><code>{e.ProtocolDigest}</code></summary><pre>{e.Protocol.ToJsonString(Indented)}</pre></details></td></tr>")));
        return Markup.Of($"<h3>Quality</h3><table class='table'><thead><tr><th>Metric</th><th>Value</th><th>Parts</th><th>Protocol</th></tr></thead><tbody>{rows}</tbody></table>");
    }

    private static Markup Files(RunDetail run)
    {
        if (run.Artifacts.Count == 0)
        {
            return Markup.None;
        }

        Markup pictures = Markup.Join(run.Artifacts.Where(a => a.Kind == "sample_grid").TakeLast(1).Select(a => Markup.Of($"<p>{Picture(a, "ddpm-grid")}</p>")));
        Markup rows = Markup.Join(run.Artifacts.Select(a => Markup.Of(
            $"<tr><td>{a.Kind}</td><td>{(a.Dropped ? Markup.Of($"{a.Name} (dropped)") : Markup.Of($"<a href='/api/v1/artifacts/{a.Id}'>{a.Name}</a>"))}</td><td>{a.Step}</td><td>{a.Selection}</td><td><code title='{a.Sha256}'>{(a.Sha256.Length > 12 ? a.Sha256[..12] : a.Sha256)}</code></td></tr>")));
        return Markup.Of($"<h3>Files</h3>{pictures}<table class='table table-condensed ddpm-narrow'><thead><tr><th>Kind</th><th>Name</th><th>Step</th><th>Selected</th><th>SHA-256</th></tr></thead><tbody>{rows}</tbody></table>");
    }

    private Markup History(JobDetail detail, string name)
    {
        JobView job = detail.Job;
        Markup commands = job.State switch
        {
            "failed" or "cancelled" => Command($"/jobs/{job.Id}/retry", "Retry", $"Try {name} again?", "btn-primary"),
            "blocked" or "ready" or "running" => Command($"/jobs/{job.Id}/cancel", "Cancel", $"Stop {name}?", "btn-danger"),
            _ => Markup.None,
        };
        Markup attempts = Markup.Join(detail.Attempts.Select(a => Markup.Of(
            $"<tr><td>{a.Fence}</td><td>{a.Runner}</td><td>{Time(a.StartedAt)}</td><td>{Time(a.EndedAt)}</td><td>{a.Ending ?? "goes on"}</td><td>{a.ResumedAtStep}</td><td>{(a.Error is null ? Markup.None : Markup.Of($"<details><summary>{a.Error.Split('\n')[0]}</summary><pre class='stack-trace'>{a.Error}</pre></details>"))}</td></tr>")));
        Markup events = Markup.Join(detail.Events.Select(e => Markup.Of(
            $"<tr><td>{Time(e.At)}</td><td>{e.FromState ?? "–"} → {State(e.ToState)}</td><td>{e.Fence}</td><td>{e.Actor}</td><td>{e.Reason}</td></tr>")));
        Markup table = detail.Attempts.Count == 0 ? Markup.None : Markup.Of(
            $"<table class='table table-condensed'><thead><tr><th>Attempt</th><th>Runner</th><th>Started</th><th>Ended</th><th>Ending</th><th>From step</th><th>Error</th></tr></thead><tbody>{attempts}</tbody></table>");
        return Markup.Of(
            $"<h3>{name} {Job(job)} {commands}</h3>{table}<details><summary>{detail.Events.Count} events</summary><table class='table table-condensed'><thead><tr><th>When</th><th>State</th><th>Attempt</th><th>By</th><th>Why</th></tr></thead><tbody>{events}</tbody></table></details>");
    }
}
