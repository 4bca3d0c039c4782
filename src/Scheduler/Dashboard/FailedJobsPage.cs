using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Jobs that wait for a person.</summary>
public sealed class FailedJobsPage : TrackingPage
{
    private const int Limit = 200;

    /// <inheritdoc />
    protected override async Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        IReadOnlyList<(JobView Job, string Name, Guid RunId, string Sweep, string Run)> failed = await reader.FailedJobsAsync(Limit, cancel);
        if (failed.Count == 0)
        {
            return ("Failed jobs", Markup.Of($"<div class='alert alert-success'>No job has failed.</div>"), true);
        }

        Markup rows = Markup.Join(failed.Select(f => Markup.Of(
            $"<tr><td>{f.Name}</td><td>{f.Sweep}</td><td>{Link($"/runs/{f.RunId}", f.Run)}</td><td>{f.Job.Attempt}</td><td>{f.Job.Error}</td><td>{Time(f.Job.EndedAt)}</td><td>{Command($"/jobs/{f.Job.Id}/retry", "Retry", "Try the job again?", "btn-primary")}</td></tr>")));
        return ("Failed jobs", Markup.Of($"<table class='table table-hover'><thead><tr><th>Job</th><th>Sweep</th><th>Run</th><th>Attempts</th><th>Error</th><th>Ended</th><th></th></tr></thead><tbody>{rows}</tbody></table>"), true);
    }
}
