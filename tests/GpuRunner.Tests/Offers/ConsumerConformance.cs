using DdpmJobs.GpuRunner.Offers;
using DdpmJobs.Tracking.Contracts;
using DdpmJobs.Tracking.Jobs;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.GpuRunner.Tests.Offers;

/// <summary>What every bus must do with offers; one derived class a bus.</summary>
public abstract class ConsumerConformance
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(JobKind.Train)]
    [InlineData(JobKind.Evaluate)]
    [InlineData(JobKind.Sample)]
    public async Task Consume_OfferOnTheQueueOfThePool_ReachesTheIntake(JobKind kind)
    {
        RunnerOptions options = new() { Pool = $"test-{Guid.CreateVersion7():n}" };
        await using ServiceProvider services = Services(options);
        IBusControl bus = services.GetRequiredService<IBusControl>();
        await bus.StartAsync(Cancel);
        try
        {
            Guid job = Guid.CreateVersion7();
            ISendEndpoint queue = await bus.GetSendEndpoint(Address(QueueNames.Of(kind, options.Pool)));

            await queue.Send(Message(kind, job), Cancel);
            Guid? offered = await services.GetRequiredService<JobIntake>().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancel);

            Assert.Equal(job, offered);
            await InspectAsync(options.Pool);
        }
        finally
        {
            await bus.StopAsync(CancellationToken.None);
            await CleanUpAsync(options.Pool);
        }
    }

    /// <summary>Registers the bus with the runner's consumers and endpoints.</summary>
    protected abstract void AddBus(IBusRegistrationConfigurator bus);

    /// <summary>Where the scheduler sends for a queue.</summary>
    protected abstract Uri Address(string queue);

    /// <summary>Looks at the broker while the queues are there.</summary>
    protected virtual Task InspectAsync(string pool) => Task.CompletedTask;

    /// <summary>Removes what the test left on the broker.</summary>
    protected virtual Task CleanUpAsync(string pool) => Task.CompletedTask;

    private ServiceProvider Services(RunnerOptions options)
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddRunner(options);
        services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddRunnerConsumers();
            AddBus(bus);
        });
        return services.BuildServiceProvider();
    }

    private static object Message(JobKind kind, Guid job) => kind switch
    {
        JobKind.Train => new TrainJob(job),
        JobKind.Evaluate => new EvaluateJob(job),
        _ => new SampleJob(job),
    };
}
