using DdpmJobs.Scheduler.Access;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Scheduler.Dashboard;
using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Scheduler.Offers;
using DdpmJobs.Scheduler.Pictures;
using DdpmJobs.Scheduler.Reconciling;
using DdpmJobs.Scheduler.Submission;
using DdpmJobs.Tracking.Storage;
using Hangfire;
using Hangfire.Common;
using Hangfire.InMemory;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DdpmJobs.Scheduler;

/// <summary>Registers the scheduler and maps its pages.</summary>
public static class SchedulerSetup
{
    /// <summary>Adds Hangfire (in memory, or on PostgreSQL when the store is), the mirrors, the reconciler, sweep expansion and the offers. Needs Tracking and a MassTransit bus.</summary>
    public static IServiceCollection AddScheduler(this IServiceCollection services, SchedulerOptions options, StoreOptions store)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);

        // Offers, requests, reconciliation.
        services.AddSingleton(options);
        services.TryAddSingleton(store);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<OfferSender>().AddHostedService(s => s.GetRequiredService<OfferSender>());
        services.AddSingleton<JobRequests>().AddSingleton<SweepSubmission>().AddSingleton<SweepGrids>().AddSingleton<TrackingReader>();
        services.AddSingleton<ReconcileLock>().AddSingleton<MirrorSync>().AddSingleton<Reconciler>().AddSingleton<RecurringDuties>();
        services.AddHostedService<ReconcileLoop>();

        // Hangfire, with the mirrors' buttons beside its usual filters.
        services.AddSingleton(StorageOf(store));
        services.AddSingleton<MirrorButtons>();
        services.AddSingleton<IJobFilterProvider>(s => new JobFilterProviderCollection(GlobalJobFilters.Filters, new JobFilterAttributeFilterProvider(), s.GetRequiredService<MirrorButtons>()));
        services.AddSingleton<IBackgroundJobClientFactory, MirrorClientFactory>();
        services.AddHangfire(hangfire => hangfire.SetDataCompatibilityLevel(CompatibilityLevel.Version_180).UseSimpleAssemblyNameTypeSerializer().UseRecommendedSerializerSettings());
        services.AddHangfireServer(server =>
        {
            server.WorkerCount = 2;
            server.ServerName = $"scheduler-{Environment.MachineName}";
        });
        services.AddHostedService<RecurringSetup>();

        // Pages, API and who may see them. Without antiforgery any web page could press the dashboard's buttons.
        services.AddAntiforgery();
        services.AddDashboardKeys(options.KeyFolder);
        services.AddSingleton<AccessGate>().AddHostedService<LoopbackGuard>();
        services.AddProblemDetails().AddExceptionHandler<ApiErrors>();
        services.ConfigureHttpJsonOptions(json => ApiJson.Apply(json.SerializerOptions));
        services.AddOpenApi("v1");
        return services;
    }

    /// <summary>Maps <c>/hangfire</c>, <c>/api/v1</c>, <c>/openapi/v1.json</c> and <c>/health</c>.</summary>
    public static WebApplication MapScheduler(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseExceptionHandler();
        AccessGate gate = app.Services.GetRequiredService<AccessGate>();
        app.Use(gate.InvokeAsync);
        app.MapApi();
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapGet("/", () => Results.Redirect("/hangfire/sweeps")).ExcludeFromDescription();
        DashboardSetup.AddPages();
        app.MapHangfireDashboard("/hangfire", new DashboardOptions
        {
            Authorization = [new DashboardAccess(gate)],
            DashboardTitle = "DdpmJobs",
            DisplayStorageConnectionString = false,
            AppPath = null,
        });
        return app;
    }

    // Not the process-wide JobStorage.Current: hosts of one process, as in tests, must not share it.
    private static Func<IServiceProvider, JobStorage> StorageOf(StoreOptions store) => _ => store.IsPostgres
        ? new PostgreSqlStorage(new NpgsqlConnectionFactory(store.Postgres, PostgresOptions()), PostgresOptions())
        : new InMemoryStorage(new InMemoryStorageOptions { MaxExpirationTime = TimeSpan.FromDays(1) });

    private static PostgreSqlStorageOptions PostgresOptions() => new()
    {
        SchemaName = "hangfire",
        EnableLongPolling = true,
        UseSlidingInvisibilityTimeout = true,
        QueuePollInterval = TimeSpan.FromSeconds(5),
    };
}
