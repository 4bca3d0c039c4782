using System.Net;
using System.Text.RegularExpressions;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Jobs;
using Hangfire;
using Hangfire.States;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Scheduler.Tests.Mirrors;

public sealed partial class MirrorButtonsTests
{
    [Fact]
    public async Task Requeue_FailedJob_RetriesIt()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid job = await FailedAsync(host);

        await PressAsync(host, job, new EnqueuedState());

        Assert.Equal(JobState.Ready, (await host.JobAsync(job)).State);
        Assert.Equal("Ready", (await host.ShownAsync(job)).Name);
    }

    [Fact]
    public async Task Requeue_RunningJob_IsRefusedWithTheReason()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();

        await PressAsync(host, lease.JobId, new EnqueuedState());

        (string name, string reason) = await host.ShownAsync(lease.JobId);
        Assert.Equal("Running", name);
        Assert.StartsWith("refused: ", reason, StringComparison.Ordinal);
        Assert.Equal(JobState.Running, (await host.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task Delete_RunningJob_StopsTheRunner()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();

        await PressAsync(host, lease.JobId, new DeletedState());

        Assert.Equal("Stopping", (await host.ShownAsync(lease.JobId)).Name);
        Assert.Equal(StopReason.Cancel, (await host.Queue.HeartbeatAsync(lease, null, CancellationToken.None)).Stop);
    }

    [Theory]
    [InlineData("Succeeded")]
    [InlineData("Failed")]
    [InlineData("Scheduled")]
    public async Task Hangfire_WantsAnotherState_MirrorFollowsItsJobOnly(string state)
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();
        IState candidate = state switch
        {
            "Succeeded" => new SucceededState(null, 0, 0),
            "Failed" => new FailedState(new InvalidOperationException()),
            _ => new ScheduledState(TimeSpan.FromMinutes(1)),
        };

        await PressAsync(host, lease.JobId, candidate);

        Assert.Equal("Running", (await host.ShownAsync(lease.JobId)).Name);
    }

    [Fact]
    public async Task DeleteByHttp_WithoutTheAntiforgeryToken_IsForbidden()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();
        string mirror = (await host.JobAsync(lease.JobId)).MirrorId!;

        using HttpResponseMessage response = await host.Client.PostAsync($"/hangfire/jobs/actions/delete/{mirror}", null, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(JobState.Running, (await host.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task DeleteByHttp_AsTheDetailsPageDoesIt_StopsTheJob()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();
        string mirror = (await host.JobAsync(lease.JobId)).MirrorId!;

        using HttpResponseMessage response = await PostAsync(host, $"/hangfire/jobs/details/{mirror}", $"/hangfire/jobs/actions/delete/{mirror}");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(JobState.Stopping, (await host.JobAsync(lease.JobId)).State);
    }

    [Fact]
    public async Task RequeueByHttp_RunningJob_ReportsTheRefusal()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();
        string mirror = (await host.JobAsync(lease.JobId)).MirrorId!;

        using HttpResponseMessage response = await PostAsync(host, $"/hangfire/jobs/details/{mirror}", $"/hangfire/jobs/actions/requeue/{mirror}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task ButtonsByHttp_OnPostgres_DeleteStopsAndRequeueRetries()
    {
        await using Database database = await Database.CreateAsync();
        await using SchedulerHost host = await SchedulerHost.StartAsync(postgres: database.ConnectionString);
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.SyncAsync();
        string mirror = (await host.JobAsync(lease.JobId)).MirrorId!;

        // Delete asks the runner to stop.
        using HttpResponseMessage deleted = await PostAsync(host, $"/hangfire/jobs/details/{mirror}", $"/hangfire/jobs/actions/delete/{mirror}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Equal(StopReason.Cancel, (await host.Queue.HeartbeatAsync(lease, null, CancellationToken.None)).Stop);
        Assert.Equal("Stopping", (await host.ShownAsync(lease.JobId)).Name);

        // Once it has, requeue brings the job back.
        await host.Queue.EndAsync(lease, new AttemptEnding.Stopped(), CancellationToken.None);
        await host.SyncAsync();
        Assert.Equal("Cancelled", (await host.ShownAsync(lease.JobId)).Name);
        using HttpResponseMessage requeued = await PostAsync(host, $"/hangfire/jobs/details/{mirror}", $"/hangfire/jobs/actions/requeue/{mirror}");
        Assert.Equal(HttpStatusCode.NoContent, requeued.StatusCode);
        Assert.Equal(JobState.Ready, (await host.JobAsync(lease.JobId)).State);
        Assert.Equal("Ready", (await host.ShownAsync(lease.JobId)).Name);
    }

    [Fact]
    public async Task DeleteByHttp_FromAPageOpenedBeforeARestart_StillWorks()
    {
        await using Database database = await Database.CreateAsync();
        string keys = Directory.CreateTempSubdirectory("ddpm-keys-").FullName;
        Lease lease;
        string mirror, html, cookie;
        await using (SchedulerHost before = await SchedulerHost.StartAsync(postgres: database.ConnectionString, keys: keys))
        {
            await before.SubmitAsync();
            lease = await before.ClaimAsync(JobKind.Train);
            await before.SyncAsync();
            mirror = (await before.JobAsync(lease.JobId)).MirrorId!;
            using HttpResponseMessage page = await before.Client.GetAsync($"/hangfire/jobs/details/{mirror}", TestContext.Current.CancellationToken);
            html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            cookie = page.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        }

        await using SchedulerHost after = await SchedulerHost.StartAsync(postgres: database.ConnectionString, keys: keys);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/hangfire/jobs/actions/delete/{mirror}");
        request.Headers.Add(HeaderName().Match(html).Groups[1].Value, HeaderValue().Match(html).Groups[1].Value);
        request.Headers.Add("Cookie", cookie);
        using HttpResponseMessage response = await after.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(JobState.Stopping, (await after.JobAsync(lease.JobId)).State);
        Directory.Delete(keys, recursive: true);
    }

    [Fact]
    public async Task CancelSweepByHttp_AsItsPageDoesIt_StopsEveryJob()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();
        await host.ClaimAsync(JobKind.Train);

        using HttpResponseMessage response = await PostAsync(host, $"/hangfire/sweeps/{sweep}", $"/hangfire/sweeps/{sweep}/cancel");

        Assert.True(response.IsSuccessStatusCode);
        Assert.All(await host.JobsAsync(sweep), j => Assert.Contains(j.State, new[] { JobState.Stopping, JobState.Cancelled, JobState.Skipped }));
    }

    private static async Task<Guid> FailedAsync(SchedulerHost host)
    {
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);
        await host.Queue.EndAsync(lease, new AttemptEnding.Failed("broken", "stack", false), CancellationToken.None);
        await host.SyncAsync();
        return lease.JobId;
    }

    // What the dashboard's buttons call.
    private static async Task PressAsync(SchedulerHost host, Guid job, IState candidate)
        => host.Services.GetRequiredService<IBackgroundJobClientFactory>().GetClient(host.Services.GetRequiredService<JobStorage>())
            .ChangeState((await host.JobAsync(job)).MirrorId!, candidate, null);

    private static async Task<HttpResponseMessage> PostAsync(SchedulerHost host, string page, string command)
    {
        string html = await host.Client.GetStringAsync(page);
        using var request = new HttpRequestMessage(HttpMethod.Post, command);
        request.Headers.Add(HeaderName().Match(html).Groups[1].Value, HeaderValue().Match(html).Groups[1].Value);
        return await host.Client.SendAsync(request);
    }

    [GeneratedRegex("<meta name=\"csrf-header\" content=\"([^\"]+)\"")]
    private static partial Regex HeaderName();

    [GeneratedRegex("<meta name=\"csrf-token\" content=\"([^\"]+)\"")]
    private static partial Regex HeaderValue();
}
