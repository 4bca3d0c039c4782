using DdpmJobs.Tracking.Contracts;
using DdpmJobs.Tracking.Jobs;
using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DdpmJobs.GpuRunner.Tests.Offers;

/// <summary>Needs a broker: an amqp address in DDPM_TEST_RABBITMQ.</summary>
public sealed class RabbitMqConsumerTests : ConsumerConformance
{
    private static Uri Broker
    {
        get
        {
            string? address = Environment.GetEnvironmentVariable("DDPM_TEST_RABBITMQ");
            if (string.IsNullOrEmpty(address))
            {
                Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", "DDPM_TEST_RABBITMQ is not set");
                Assert.Fail("DDPM_TEST_RABBITMQ is not set, and CI must test both buses.");
            }

            return new Uri(address);
        }
    }

    protected override void AddBus(IBusRegistrationConfigurator bus)
    {
        Uri broker = Broker;
        bus.UsingRabbitMq((context, rabbit) =>
        {
            rabbit.Host(broker);
            rabbit.ConfigureRunnerEndpoints(context);
        });
    }

    // A queue: address would declare the queue again without its quorum type, which the broker refuses.
    protected override Uri Address(string queue) => new($"exchange:{queue}");

    protected override async Task InspectAsync(string pool)
    {
        await using IConnection connection = await ConnectAsync();
        foreach (JobKind kind in Enum.GetValues<JobKind>())
        {
            // Declaring it with the same terms succeeds; with others, or as a classic queue, the broker refuses.
            await using IChannel channel = await connection.CreateChannelAsync();
            await channel.QueueDeclareAsync(
                QueueNames.Of(kind, pool), durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = "quorum" });
            await using IChannel refused = await connection.CreateChannelAsync();
            await Assert.ThrowsAsync<OperationInterruptedException>(
                () => refused.QueueDeclareAsync(QueueNames.Of(kind, pool), durable: true, exclusive: false, autoDelete: false));
        }
    }

    protected override async Task CleanUpAsync(string pool)
    {
        await using IConnection connection = await ConnectAsync();
        await using IChannel channel = await connection.CreateChannelAsync();
        foreach (JobKind kind in Enum.GetValues<JobKind>())
        {
            await channel.QueueDeleteAsync(QueueNames.Of(kind, pool));
            await channel.ExchangeDeleteAsync(QueueNames.Of(kind, pool));
        }
    }

    private static Task<IConnection> ConnectAsync() => new ConnectionFactory { Uri = Broker }.CreateConnectionAsync();
}
