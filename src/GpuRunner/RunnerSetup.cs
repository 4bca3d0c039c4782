using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.GpuRunner;

/// <summary>Registers the runner.</summary>
public static class RunnerSetup
{
    /// <summary>Adds slots, intake, executor and metric pump. Needs Tracking and a MassTransit bus that was given <see cref="AddRunnerConsumers"/> and <see cref="ConfigureRunnerEndpoints"/>.</summary>
    public static IServiceCollection AddRunner(this IServiceCollection services, RunnerOptions options) => throw new NotImplementedException();

    /// <summary>Adds the consumers of offers.</summary>
    public static void AddRunnerConsumers(this IBusRegistrationConfigurator bus) => throw new NotImplementedException();

    /// <summary>Declares this runner's queues: durable quorum queues on RabbitMQ, plain ones in memory.</summary>
    public static void ConfigureRunnerEndpoints(this IReceiveConfigurator bus, IBusRegistrationContext context) => throw new NotImplementedException();
}
