using DdpmJobs.Cli.Errors;
using DdpmJobs.GpuRunner;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using MassTransit;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Cli.Hosting;

/// <summary>What the hosts have in common.</summary>
internal static class HostParts
{
    /// <summary>Longest wait for running jobs to write their checkpoints and be handed back.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Signals, shutdown and start order that every host of this program has.</summary>
    public static void AddHostBasics(this IServiceCollection services)
    {
        services.AddSingleton<IHostLifetime, SignalsElsewhere>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        // The start of the bus holds nothing up: offers are hints, a runner asks the store by itself, and what vanishes before the queues are bound is offered again.
        services.Configure<MassTransitHostOptions>(bus => bus.StopTimeout = TimeSpan.FromSeconds(10));
    }

    /// <summary>A bus in this process.</summary>
    public static void AddInMemoryBus(this IServiceCollection services)
    {
        // It starts at once, and an offer that is sent before would only be made again seconds later.
        services.Configure<MassTransitHostOptions>(bus => bus.WaitUntilStarted = true);
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddRunnerConsumers();
            bus.UsingInMemory((context, memory) => memory.ConfigureRunnerEndpoints(context));
        });
    }

    /// <summary>A bus over RabbitMQ, with the consumers of offers where this process runs jobs.</summary>
    public static void AddRabbitMqBus(this IServiceCollection services, BrokerAddress broker, bool consumes) => services.AddMassTransit(bus =>
    {
        bus.DisableUsageTelemetry();
        if (consumes)
        {
            bus.AddRunnerConsumers();
        }

        bus.UsingRabbitMq((context, rabbit) =>
        {
            broker.Configure(rabbit);
            if (consumes)
            {
                rabbit.ConfigureRunnerEndpoints(context);
            }
        });
    });

    /// <summary>The PostgreSQL store of a deployment.</summary>
    /// <exception cref="CliException">It is not configured.</exception>
    public static StoreOptions RequirePostgres(this Deployment deployment) => deployment.Endpoints.Postgres.Length > 0
        ? new StoreOptions { Postgres = deployment.Endpoints.Postgres }
        : throw new CliException("PostgreSQL is not configured; set DDPM__Postgres to 'Host=…;Username=…;Password=…;Database=…', or use the embedded mode (ddpm run, ddpm up).");

    /// <summary>Checks that the store is at this program's level.</summary>
    public static async Task RequireMigratedAsync(this IServiceProvider services, CancellationToken cancel)
    {
        await using TrackingDb db = await services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync(cancel);
        await MigrationLevel.RequireCurrentAsync(db, cancel);
    }

    /// <summary>Brings the store to this program's level.</summary>
    /// <returns>The migrations applied.</returns>
    public static async Task<IReadOnlyList<string>> MigrateAsync(this IServiceProvider services, CancellationToken cancel)
    {
        await using TrackingDb db = await services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync(cancel);
        return await MigrationLevel.MigrateAsync(db, cancel);
    }

    /// <summary>Brings a store on which this process works alone to its level, and takes back what one that was killed held in it.</summary>
    public static async Task TakeOverAsync(this IServiceProvider services, CancellationToken cancel)
    {
        await using (TrackingDb db = await services.GetRequiredService<IDbContextFactory<TrackingDb>>().CreateDbContextAsync(cancel))
        {
            await MigrationLevel.MigrateAloneAsync(db, cancel);
        }

        await services.GetRequiredService<JobQueue>().TakeBackAllAsync(cancel);
    }

    /// <summary>Works until a person or the host itself asks to stop, then stops it in order.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> ServeAsync(this IHost host, Terminal terminal, CancellationToken cancel)
    {
        CancellationToken stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, stopping);
        await Task.Delay(Timeout.Infinite, either.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        if (cancel.IsCancellationRequested)
        {
            terminal.Error.WriteLine("ddpm: stopping; jobs that run here write their checkpoints first…");
        }

        await host.StopAsync(CancellationToken.None);
        return cancel.IsCancellationRequested ? ExitCode.Success : throw new CliException("the host ended by itself; its log says why.");
    }
}
