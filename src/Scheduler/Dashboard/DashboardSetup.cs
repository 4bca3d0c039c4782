using System.Reflection;
using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Tracking.Jobs;
using Hangfire;
using Hangfire.Dashboard;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>Puts our pages, commands and state colours into Hangfire's dashboard, whose tables of them are one for the process.</summary>
internal static class DashboardSetup
{
    private const string Id = "(?<Id>[0-9a-fA-F-]{36})";

    private static readonly Lazy<bool> Once = new(Add);

    /// <summary>Adds them, the first time it is called.</summary>
    public static void AddPages() => _ = Once.Value;

    private static bool Add()
    {
        // Pages.
        DashboardRoutes.Routes.AddRazorPage("/sweeps", _ => new SweepsPage());
        DashboardRoutes.Routes.AddRazorPage("/sweeps/(?<Id>[^/]+)", match => new SweepPage(match.Groups["Id"].Value));
        DashboardRoutes.Routes.AddRazorPage($"/runs/{Id}", match => new RunPage(match.Groups["Id"].Value));
        DashboardRoutes.Routes.AddRazorPage("/runners", _ => new RunnersPage());
        DashboardRoutes.Routes.AddRazorPage("/failed-jobs", _ => new FailedJobsPage());
        NavigationMenu.Items.Add(page => new MenuItem("Sweeps", page.Url.To("/sweeps"))
        {
            Active = page.RequestPath.StartsWith("/sweeps", StringComparison.Ordinal) || page.RequestPath.StartsWith("/runs/", StringComparison.Ordinal),
        });
        NavigationMenu.Items.Add(page => new MenuItem("Runners", page.Url.To("/runners")) { Active = page.RequestPath == "/runners" });
        NavigationMenu.Items.Add(page => new MenuItem("Failed jobs", page.Url.To("/failed-jobs")) { Active = page.RequestPath == "/failed-jobs" });

        // Commands.
        AddCommand($"/sweeps/{Id}/cancel", async (requests, id) => await requests.CancelSweepAsync(id, MirrorButtons.Actor, CancellationToken.None) >= 0);
        AddCommand($"/sweeps/{Id}/retry", async (requests, id) => await requests.RetrySweepAsync(id, MirrorButtons.Actor, CancellationToken.None) >= 0);
        AddCommand($"/jobs/{Id}/cancel", async (requests, id) => (await requests.CancelAsync(id, MirrorButtons.Actor, CancellationToken.None)).Accepted);
        AddCommand($"/jobs/{Id}/retry", async (requests, id) => (await requests.RetryAsync(id, MirrorButtons.Actor, CancellationToken.None)).Accepted);

        // Looks.
        Assembly here = typeof(DashboardSetup).Assembly;
        DashboardRoutes.AddJavaScript(here, "DdpmJobs.Scheduler.Dashboard.live.js");
        DashboardRoutes.AddStylesheet(here, "DdpmJobs.Scheduler.Dashboard.pages.css");
        AddLook(JobState.Blocked, "active");
        AddLook(JobState.Ready, "info");
        AddLook(JobState.Running, "warning");
        AddLook(JobState.Stopping, "warning");
        AddLook(JobState.Diverged, "info");
        AddLook(JobState.Pruned, "inactive");
        AddLook(JobState.Cancelled, "inactive");
        AddLook(JobState.Skipped, "inactive");

        // The way from a mirror to its run.
        GlobalConfiguration.Configuration.UseJobDetailsRenderer(10, details => new NonEscapedString(
            details.JobDetails.Job?.Type == typeof(JobMirror)
                ? Markup.Of($"<p>This shows job <code>{details.JobDetails.Job.Args[0]}</code>. <em>Requeue</em> tries a failed or cancelled job again, <em>Delete</em> stops it. <a href='{details.Page.Url.To("/mirrors/" + details.JobDetails.Job.Args[0])}'>Open its run</a></p>").ToString()
                : ""));
        DashboardRoutes.Routes.AddRazorPage($"/mirrors/{Id}", match => new MirrorPage(match.Groups["Id"].Value));
        return true;
    }

    private static void AddLook(JobState state, string suffix) => JobHistoryRenderer.AddStateCssSuffix(state.ToString(), suffix);

    private static void AddCommand(string path, Func<JobRequests, Guid, Task<bool>> command)
        => DashboardRoutes.Routes.AddCommand(
            path,
            context => command(context.GetHttpContext().RequestServices.GetRequiredService<JobRequests>(), Guid.Parse(context.UriMatch.Groups["Id"].Value)).GetAwaiter().GetResult());
}
