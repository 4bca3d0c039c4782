using DdpmJobs.Tracking.Storage;

namespace DdpmJobs.Scheduler;

/// <summary>Registers the scheduler and maps its pages.</summary>
public static class SchedulerSetup
{
    /// <summary>Adds Hangfire (in memory, or on PostgreSQL when the store is), the mirrors, the reconciler, sweep expansion and the offers. Needs Tracking and a MassTransit bus.</summary>
    public static IServiceCollection AddScheduler(this IServiceCollection services, SchedulerOptions options, StoreOptions store) => throw new NotImplementedException();

    /// <summary>Maps <c>/hangfire</c>, <c>/api/v1</c>, <c>/openapi/v1.json</c> and <c>/health</c>.</summary>
    public static WebApplication MapScheduler(this WebApplication app) => throw new NotImplementedException();
}
