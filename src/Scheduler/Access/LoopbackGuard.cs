using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace DdpmJobs.Scheduler.Access;

/// <summary>Refuses to start where others could connect and no token is set. <see cref="AccessGate"/> refuses their requests in the moment before.</summary>
public sealed class LoopbackGuard(IServer server, SchedulerOptions options) : IHostedLifecycleService
{
    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">An address is not on loopback and no token is set.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (options.Token.Length == 0)
        {
            foreach (string address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            {
                if (!AccessGate.IsLoopbackName(BindingAddress.Parse(address).Host))
                {
                    throw new InvalidOperationException(
                        $"The scheduler would listen on {address} for everybody; set DDPM__Scheduler__Token to a secret, or listen on http://127.0.0.1:PORT.");
                }
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
