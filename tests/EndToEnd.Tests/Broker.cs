using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>Looks into RabbitMQ.</summary>
internal static class Broker
{
    /// <summary>Waits until somebody consumes a queue.</summary>
    public static async Task ConsumerAsync(string address, string queue, TimeSpan limit)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var timeout = new CancellationTokenSource(limit);
        var factory = new ConnectionFactory { Uri = new Uri(address) };
        while (true)
        {
            try
            {
                await using IConnection connection = await factory.CreateConnectionAsync(timeout.Token);
                await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: timeout.Token);
                if ((await channel.QueueDeclarePassiveAsync(queue, timeout.Token)).ConsumerCount > 0)
                    return;
            }
            catch (Exception error) when (error is BrokerUnreachableException or OperationInterruptedException)
            {
                // The broker, or the queue in it, is not ready yet.
            }

            await timer.WaitForNextTickAsync(timeout.Token);
        }
    }
}
