using DdpmJobs.GpuRunner;
using DdpmJobs.Model.Training;
using DdpmJobs.Tracking;
using DdpmJobs.Tracking.Storage;
using Serilog.Events;

namespace DdpmJobs.Cli.Hosting;

/// <summary>A runner on PostgreSQL and RabbitMQ.</summary>
internal static class RunnerHost
{
    /// <summary>Checks what it needs, then runs jobs until it is asked to stop.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ServeAsync(Terminal terminal, Deployment deployment, CancellationToken cancel)
    {
        StoreOptions store = deployment.RequirePostgres();
        BrokerAddress broker = BrokerAddress.Parse(deployment.Endpoints.RabbitMq);

        TensorMemory.Keep();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Services.AddLogs(LogEventLevel.Information, file: null, deployment.Seq, terminal);
        builder.Services.AddHostBasics();
        builder.Services.AddTracking(store, deployment.Artifacts, deployment.Lease);
        builder.Services.AddRunner(deployment.Runner, deployment.Weights, deployment.Statistics);
        builder.Services.AddRabbitMqBus(broker, consumes: true);
        using IHost host = builder.Build();

        await host.Services.RequireMigratedAsync(cancel);
        await broker.RequireAsync(cancel);
        // A start that is broken off would leave parts running; asked to stop meanwhile, it stops in order right after.
        await host.StartAsync(CancellationToken.None);
        terminal.Error.WriteLine($"ddpm: runner {deployment.Runner.Name} takes jobs of pool {deployment.Runner.Pool}; Ctrl-C hands them back and ends it");
        return await host.ServeAsync(terminal, cancel);
    }
}
