using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.GpuRunner.Offers;
using DdpmJobs.GpuRunner.Slots;
using DdpmJobs.Tracking.Contracts;
using DdpmJobs.Tracking.Jobs;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DdpmJobs.GpuRunner;

/// <summary>Registers the runner.</summary>
public static class RunnerSetup
{
    /// <summary>Offers a channel delivers ahead of their acknowledgement; an offer is handed on at once, so few suffice.</summary>
    private const int Prefetch = 8;

    /// <summary>
    /// Adds slots, intake, executor and metric pump. Needs Tracking and a MassTransit bus that was given <see cref="AddRunnerConsumers"/> and
    /// <see cref="ConfigureRunnerEndpoints"/>. The host's <c>ShutdownTimeout</c> must exceed <see cref="RunnerOptions.ShutdownGrace"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">How it is deployed.</param>
    /// <param name="weights">Where published weights lie; null for the default.</param>
    /// <param name="statistics">Where statistics of true images lie; null for the default.</param>
    /// <exception cref="RunnerStartException">An option is wrong.</exception>
    public static IServiceCollection AddRunner(this IServiceCollection services, RunnerOptions options, WeightsOptions? weights = null, StatisticsOptions? statistics = null)
    {
        weights ??= new WeightsOptions();
        statistics ??= new StatisticsOptions();
        IReadOnlyList<string> wrong =
        [
            .. options.Validate(),
            .. weights.Folder.Length > 0 ? [] : new[] { "Option Folder of Weights must be the path of a folder; got an empty text." },
            .. statistics.Folder.Length > 0 ? [] : new[] { "Option Folder of Statistics must be the path of a folder; got an empty text." },
        ];
        if (wrong.Count > 0)
        {
            throw new RunnerStartException(string.Join(Environment.NewLine, wrong), null);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(weights);
        services.AddSingleton(statistics);
        services.TryAddSingleton(RunWork.OfModel(options.ThreadsPerSlot));
        services.AddSingleton<JobIntake>();
        services.AddSingleton<StoreWait>();
        services.AddSingleton<AttemptPlaces>();
        services.AddSingleton<TrainAttempt>();
        services.AddSingleton<EvaluateAttempt>();
        services.AddSingleton<SampleAttempt>();
        services.AddSingleton<RunExecutor>();
        services.AddSingleton<CircuitBreaker>();
        services.AddSingleton<RunnerPresence>();
        services.AddHostedService<SlotLoop>();
        return services;
    }

    /// <summary>Adds the consumers of offers.</summary>
    public static void AddRunnerConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<TrainJobConsumer>();
        bus.AddConsumer<EvaluateJobConsumer>();
        bus.AddConsumer<SampleJobConsumer>();
    }

    /// <summary>Declares this runner's queues: durable quorum queues on RabbitMQ, plain ones in memory.</summary>
    public static void ConfigureRunnerEndpoints(this IReceiveConfigurator bus, IBusRegistrationContext context)
    {
        string pool = context.GetRequiredService<RunnerOptions>().Pool;
        bus.ReceiveEndpoint(QueueNames.Of(JobKind.Train, pool), queue => Declare<TrainJobConsumer>(queue, context));
        bus.ReceiveEndpoint(QueueNames.Of(JobKind.Evaluate, pool), queue => Declare<EvaluateJobConsumer>(queue, context));
        bus.ReceiveEndpoint(QueueNames.Of(JobKind.Sample, pool), queue => Declare<SampleJobConsumer>(queue, context));
    }

    private static void Declare<TConsumer>(IReceiveEndpointConfigurator queue, IBusRegistrationContext context) where TConsumer : class, IConsumer
    {
        // Offers are sent to the queue by name; binding the message type too would bring those of every pool here.
        queue.ConfigureConsumeTopology = false;
        queue.PrefetchCount = Prefetch;
        if (queue is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.Durable = true;
            rabbit.SetQuorumQueue();
        }

        queue.ConfigureConsumer<TConsumer>(context);
    }
}
