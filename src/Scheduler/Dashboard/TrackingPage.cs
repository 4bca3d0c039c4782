using System.Globalization;
using DdpmJobs.Scheduler.Api;
using Hangfire.Dashboard;
using Hangfire.Dashboard.Pages;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>A page of ours in Hangfire's dashboard.</summary>
public abstract class TrackingPage : RazorPage
{
    /// <inheritdoc />
    public override void Execute()
    {
        // Hangfire's pages are synchronous, and no synchronisation context waits here.
        (string title, Markup body, bool live) = BodyAsync(Context.GetHttpContext().RequestServices.GetRequiredService<TrackingReader>(), CancellationToken.None)
            .GetAwaiter().GetResult();
        Layout = new LayoutPage(title);
        WriteLiteral(Markup.Of($"<div class='row'><div class='col-md-12' id='ddpm-page' data-ddpm-live='{(live ? "yes" : "no")}'><h1 class='page-header'>{title}</h1>{body}</div></div>").ToString());
    }

    /// <summary>Reads and lays out the page.</summary>
    /// <returns>Its title, its body, and whether it should renew itself.</returns>
    protected abstract Task<(string Title, Markup Body, bool Live)> BodyAsync(TrackingReader reader, CancellationToken cancel);

    /// <summary>A link within the dashboard.</summary>
    protected Markup Link(string path, string text) => Markup.Of($"<a href='{Url.To(path)}'>{text}</a>");

    /// <summary>A button that posts a command, after a question, with Hangfire's own script and its antiforgery token.</summary>
    protected Markup Command(string path, string text, string question, string look)
        => IsReadOnly
            ? Markup.None
            : Markup.Of($"<button class='btn btn-sm {look}' data-ajax='{Url.To(path)}' data-confirm='{question}' data-loading-text='…'>{text}</button> ");

    /// <summary>A state as a coloured label.</summary>
    protected static Markup State(string state) => Markup.Of($"<span class='label label-{LookOf(state)}'>{state}</span>");

    /// <summary>A time that Hangfire's script shows relative to now.</summary>
    protected static Markup Time(DateTime? at)
        => at is { } t
            ? Markup.Of($"<span data-moment='{new DateTimeOffset(t).ToUnixTimeSeconds()}' title='{t:u}'>{t:u}</span>")
            : Markup.Of($"–");

    /// <summary>A job's state, with a bar of its progress while it runs.</summary>
    protected static Markup Job(JobView? job)
    {
        if (job is null)
        {
            return Markup.Of($"–");
        }

        double percent = job.Total > 0 ? Math.Clamp(100.0 * job.Done / job.Total, 0, 100) : 0;
        return job.State is "running" or "stopping"
            ? Markup.Of($"{State(job.State)}<div class='progress ddpm-progress' title='{job.Done} of {job.Total} {job.Unit}'><div class='progress-bar progress-bar-warning' style='width:{Number(percent, "0.#")}%'></div></div><small>{job.Done} / {job.Total} {job.Unit}</small>")
            : Markup.Of($"<span title='{job.Error}'>{State(job.State)}</span>");
    }

    /// <summary>A number for a person: plain, short; two digits of what the format would show as zero.</summary>
    protected internal static string Number(double value, string format)
    {
        string plain = value.ToString(format, CultureInfo.InvariantCulture);
        return value != 0 && plain.All(digit => digit is '0' or '.' or '-') ? value.ToString("0.0e-0", CultureInfo.InvariantCulture) : plain;
    }

    /// <summary>A picture of the API, not smoothed when enlarged.</summary>
    protected static Markup Picture(ArtifactView picture, string look)
    {
        ArgumentNullException.ThrowIfNull(picture);
        return picture.Dropped
            ? Markup.Of($"<em>{picture.Name} was dropped by retention</em>")
            : Markup.Of($"<a href='/api/v1/artifacts/{picture.Id}'><img class='{look}' src='/api/v1/artifacts/{picture.Id}' alt='{picture.Name}'></a>");
    }

    private static string LookOf(string state) => state switch
    {
        "succeeded" or "active" => "success",
        "failed" or "tripped" => "danger",
        "running" or "stopping" => "warning",
        "ready" => "info",
        "diverged" => "primary",
        _ => "default",
    };
}
