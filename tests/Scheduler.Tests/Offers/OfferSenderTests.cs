using DdpmJobs.Scheduler.Offers;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Contracts;
using DdpmJobs.Tracking.Jobs;
using MassTransit;

namespace DdpmJobs.Scheduler.Tests.Offers;

public sealed class OfferSenderTests
{
    [Theory]
    [InlineData("rabbitmq://broker/", "exchange:ddpm.evaluate.a100")]
    [InlineData("amqps://broker/", "exchange:ddpm.evaluate.a100")]
    [InlineData("loopback://localhost/", "queue:ddpm.evaluate.a100")]
    public void AddressOf_Transport_DecidesTheScheme(string bus, string expected)
        => Assert.Equal(new Uri(expected), OfferSender.AddressOf(new Uri(bus), new JobOffer(Guid.CreateVersion7(), JobKind.Evaluate, "a100")));

    [Fact]
    public async Task Submit_NewSweep_OffersItsReadyJobs()
    {
        await using SchedulerHost host = await SchedulerHost.StartAsync(bus: x => x.AddConsumer<Listener>().Endpoint(e => e.Name = "ddpm.train.default"));
        Guid sweep = await host.SubmitAsync();
        List<Guid> trainings = [.. (await host.JobsAsync(sweep)).Where(j => j.Kind == JobKind.Train).Select(j => j.Id)];

        await Listener.WaitForAsync(trainings, TestContext.Current.CancellationToken);
    }

    private sealed class Listener : IConsumer<TrainJob>
    {
        private static readonly System.Collections.Concurrent.ConcurrentDictionary<Guid, TaskCompletionSource> Offered = new();

        public static Task WaitForAsync(IEnumerable<Guid> jobs, CancellationToken cancel) => Task.WhenAll(jobs.Select(id => Of(id).Task)).WaitAsync(TimeSpan.FromSeconds(30), cancel);

        public Task Consume(ConsumeContext<TrainJob> context)
        {
            Of(context.Message.JobId).TrySetResult();
            return Task.CompletedTask;
        }

        private static TaskCompletionSource Of(Guid id) => Offered.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
