namespace DdpmJobs.Cli.Hosting;

/// <summary>Keeps a host from handling signals itself: <see cref="Interrupts"/> does, and the verb decides what stops when.</summary>
internal sealed class SignalsElsewhere : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
