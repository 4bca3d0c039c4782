using System.Net;
using DdpmJobs.Cli.Client;
using DdpmJobs.GpuRunner;
using DdpmJobs.Model.Training;
using DdpmJobs.Scheduler;
using DdpmJobs.Tracking;
using DdpmJobs.Tracking.Artifacts;
using DdpmJobs.Tracking.Storage;
using Serilog.Events;

namespace DdpmJobs.Cli.Hosting;

/// <summary>Scheduler and runner in this process, on SQLite in a data folder, on loopback.</summary>
internal sealed class EmbeddedHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolder _data;
    private bool _stopped;

    private EmbeddedHost(WebApplication app, DataFolder data)
    {
        _app = app;
        _data = data;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>The host.</summary>
    public IHost Host => _app;

    /// <summary>Cancelled when the host stops by itself.</summary>
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>The log file.</summary>
    public string LogFile => LogFileOf(_data);

    /// <summary>Starts it.</summary>
    /// <param name="terminal">Whose environment is read, and where logs go.</param>
    /// <param name="dataFolder">The folder; created where it is missing.</param>
    /// <param name="port">To listen on; 0 for any.</param>
    /// <param name="console">Least level of logs on the console; null for none.</param>
    /// <param name="cancel">Ends the start.</param>
    public static async Task<EmbeddedHost> StartAsync(Terminal terminal, string dataFolder, int port, LogEventLevel? console, CancellationToken cancel)
    {
        Deployment deployment = DeploymentReader.Read(terminal.Environment);
        if (port > 0)
        {
            Ports.RequireFree(IPAddress.Loopback, port);
        }

        TensorMemory.Keep();
        DataFolder data = DataFolder.Open(dataFolder);
        WebApplication? app = null;
        try
        {
            string address = $"http://127.0.0.1:{port}";
            app = Build(terminal, deployment, data, address, console);
            // The folder is ours alone: what another process held here, it no longer holds.
            await app.Services.TakeOverAsync(cancel);
            try
            {
                await app.StartAsync(cancel);
            }
            catch (Exception e) when (Ports.Refusal(e, address) is { } refusal)
            {
                throw refusal;
            }

            EmbeddedHost host = new(app, data);
            data.Announce(host.Address);
            return host;
        }
        catch
        {
            if (app is not null)
            {
                // Parts that did start must not find their services gone.
                await app.StopAsync(CancellationToken.None);
                await app.DisposeAsync();
            }

            data.Dispose();
            throw;
        }
    }

    /// <summary>A client of its own API.</summary>
    public ApiClient Client(Terminal terminal) => new(Address, DeploymentReader.Read(terminal.Environment).Scheduler.Token);

    /// <summary>Stops it: running jobs write their checkpoints and are handed back.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await _app.StopAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await StopAsync();
        }

        await _app.DisposeAsync();
        _data.Dispose();
    }

    private static string LogFileOf(DataFolder data) => data.At("logs", "ddpm.log");

    private static WebApplication Build(Terminal terminal, Deployment deployment, DataFolder data, string address, LogEventLevel? console)
    {
        // Everything of the embedded mode lives in the data folder.
        StoreOptions store = new() { SqliteFile = data.At("ddpm.db") };
        ArtifactOptions artifacts = deployment.Artifacts;
        artifacts.Folder = data.At("artifacts");
        deployment.Runner.WorkFolder = data.At("work");
        deployment.Statistics.Folder = deployment.Statistics.FolderIn(data.Path);
        deployment.Seq.BufferFolder = data.At("logs");
        deployment.Scheduler.KeyFolder = data.At("keys");

        // The empty builder reads no appsettings.json and no variables but ours.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = data.Path, EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().UseUrls(address);
        builder.Services.AddRouting();
        builder.Services.AddLogs(console, LogFileOf(data), deployment.Seq, terminal);
        builder.Services.AddHostBasics();
        builder.Services.AddTracking(store, artifacts, deployment.Lease);
        builder.Services.AddScheduler(deployment.Scheduler, store);
        builder.Services.AddRunner(deployment.Runner, deployment.Weights, deployment.Statistics);
        builder.Services.AddInMemoryBus();
        WebApplication app = builder.Build();
        app.MapScheduler();
        return app;
    }
}
