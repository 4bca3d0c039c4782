using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Pictures;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.Scheduler.Tests.Pictures;

public sealed class SweepGridsTests
{
    private static readonly byte[] PngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    [Fact]
    public async Task MakeDue_AllSampled_MakesOnePictureOnce()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();
        SweepGrids grids = host.Services.GetRequiredService<SweepGrids>();
        await SampleAsync(host, 8);
        Assert.Equal(0, await grids.MakeDueAsync(CancellationToken.None));
        await SampleAsync(host, 8);
        Assert.True((await DetailAsync(host, sweep)).SweepGridExpected);

        Assert.Equal(1, await grids.MakeDueAsync(CancellationToken.None));
        Assert.Equal(0, await ActivatorUtilities.CreateInstance<SweepGrids>(host.Services).MakeDueAsync(CancellationToken.None));

        SweepDetail detail = await DetailAsync(host, sweep);
        Assert.False(detail.SweepGridExpected);
        ArtifactView picture = Assert.Single(detail.Artifacts, a => a.Kind == "sweep_grid");
        byte[] png = await host.Client.GetByteArrayAsync($"/api/v1/artifacts/{picture.Id}", TestContext.Current.CancellationToken);
        Assert.Equal(PngSignature, png[..4]);
    }

    [Fact]
    public async Task MakeDue_RetriedRunAddsSamples_MakesItAgain()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();
        SweepGrids grids = host.Services.GetRequiredService<SweepGrids>();
        await SampleAsync(host, 8);
        Lease failing = await ClaimSampleAsync(host);
        await host.Queue.EndAsync(failing, new AttemptEnding.Failed("broken", "stack", false), CancellationToken.None);
        Assert.Equal(1, await grids.MakeDueAsync(CancellationToken.None));

        await host.Queue.RetryAsync(failing.JobId, "ada", CancellationToken.None);
        Assert.True((await DetailAsync(host, sweep)).SweepGridExpected);
        await DrawAsync(host, await host.ClaimAsync(JobKind.Sample), 8);

        Assert.Equal(1, await grids.MakeDueAsync(CancellationToken.None));
        Assert.Equal(2, (await DetailAsync(host, sweep)).Artifacts.Count(a => a.Kind == "sweep_grid"));
    }

    [Fact]
    public async Task MakeDue_DifferentImageShapes_GivesUpAndNobodyWaits()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync();
        Guid sweep = await host.SubmitAsync();
        await SampleAsync(host, 8);
        await SampleAsync(host, 16);

        Assert.Equal(0, await host.Services.GetRequiredService<SweepGrids>().MakeDueAsync(CancellationToken.None));

        Assert.False((await DetailAsync(host, sweep)).SweepGridExpected);
    }

    private static Task<SweepDetail> DetailAsync(SchedulerHost host, Guid sweep) => host.GetAsync<SweepDetail>($"/api/v1/sweeps/{sweep}");

    private static async Task SampleAsync(SchedulerHost host, int size) => await DrawAsync(host, await ClaimSampleAsync(host), size);

    private static async Task<Lease> ClaimSampleAsync(SchedulerHost host)
    {
        Lease train = await host.ClaimAsync(JobKind.Train);
        await host.Queue.EndAsync(train, new AttemptEnding.Succeeded(), CancellationToken.None);
        return await host.ClaimAsync(JobKind.Sample);
    }

    private static async Task DrawAsync(SchedulerHost host, Lease lease, int size)
    {
        string folder = Directory.CreateTempSubdirectory("ddpm-samples-").FullName;
        string file = Path.Combine(folder, "samples.safetensors");
        byte[] pixels = [.. Enumerable.Range(0, 12 * size * size).Select(i => (byte)(i + lease.Fence + lease.RunId.GetHashCode()))];
        Safetensors.Write(file, new Dictionary<string, string>(), [new SafetensorContent("images", SafetensorType.U8, [12, 1, size, size], s => s.Write(pixels))]);
        await host.Services.GetRequiredService<ArtifactStore>().AddAsync(lease, file, "samples", null, [], CancellationToken.None);
        Directory.Delete(folder, recursive: true);
        await host.Queue.EndAsync(lease, new AttemptEnding.Succeeded(), CancellationToken.None);
    }
}
