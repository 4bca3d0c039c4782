using DdpmJobs.Scheduler.Api;
using Hangfire.Dashboard;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Leads from a job to the page of its run.</summary>
public sealed class MirrorPage(string id) : TrackingPage
{
    /// <inheritdoc />
    protected override async Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (await reader.JobAsync(Guid.Parse(id), cancel) is not { } job)
        {
            return ("Job", Markup.Of($"<div class='alert alert-warning'>There is no job {id}.</div>"), false);
        }

        Context.GetHttpContext().Response.Redirect(Url.To($"/runs/{job.RunId}"));
        return ("Job", Link($"/runs/{job.RunId}", "Open its run"), false);
    }
}
