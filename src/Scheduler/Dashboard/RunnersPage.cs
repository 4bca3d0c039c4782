using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Runner processes.</summary>
public sealed class RunnersPage : TrackingPage
{
    /// <inheritdoc />
    protected override async Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        IReadOnlyList<RunnerView> runners = await reader.RunnersAsync(cancel);
        if (runners.Count == 0)
        {
            return ("Runners", Markup.Of($"<div class='alert alert-info'>No runner has reported yet. Start one: <code>ddpm runner</code></div>"), true);
        }

        Markup rows = Markup.Join(runners.Select(r => Markup.Of(
            $"<tr><td title='{r.Id}'>{r.Name}</td><td>{State(r.State)} {r.StateReason}</td><td>{r.Pool}</td><td>{r.Devices}</td><td>{r.Jobs} of {r.Slots}</td><td>{r.Version}</td><td>{Time(r.StartedAt)}</td><td>{Time(r.SeenAt)}</td></tr>")));
        return ("Runners", Markup.Of($"<table class='table table-hover'><thead><tr><th>Runner</th><th>State</th><th>Pool</th><th>Devices</th><th>Slots used</th><th>Version</th><th>Started</th><th>Last seen</th></tr></thead><tbody>{rows}</tbody></table>"), true);
    }
}
