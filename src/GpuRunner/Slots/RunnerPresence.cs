using System.Reflection;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Runners;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Slots;

/// <summary>Keeps this runner's row in the store: who it is, how it is, and that it lives.</summary>
public sealed class RunnerPresence(RunnerRegistry registry, RunnerOptions options, LeaseOptions leases, TimeProvider clock, ILogger<RunnerPresence> log) : IDisposable
{
    private static readonly TimeSpan LastWordTimeout = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Guid _id = Guid.CreateVersion7();
    private string _devices = "";
    private int _slots;
    private volatile string? _tripped;

    /// <summary>The runner's id, new at every start.</summary>
    public Guid Id => _id;

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(RunnerPresence).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Enters the runner; tries until the store can be reached.</summary>
    public async Task EnterAsync(IReadOnlyList<Slot> slots, CancellationToken cancel)
    {
        _devices = string.Join(',', slots.Select(slot => slot.Device).Distinct());
        _slots = slots.Count;
        while (!await TryWriteAsync("active", "", cancel))
        {
            await Task.Delay(options.PollEvery, clock, cancel);
        }
    }

    /// <summary>Gives a sign of life at every heartbeat until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using PeriodicTimer beat = new(leases.Heartbeat, clock);
        try
        {
            while (await beat.WaitForNextTickAsync(cancel))
            {
                await TellAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
    }

    /// <summary>Writes that the circuit breaker took the runner out of service.</summary>
    public Task TripAsync(string reason, CancellationToken cancel)
    {
        _tripped = reason;
        return TellAsync(cancel);
    }

    /// <summary>Writes that the runner has stopped; gives up soon, since nothing depends on it.</summary>
    public async Task LeaveAsync()
    {
        using CancellationTokenSource timeout = new(LastWordTimeout, clock);
        try
        {
            await TryWriteAsync("stopped", _tripped ?? "", timeout.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private Task<bool> TellAsync(CancellationToken cancel) => TryWriteAsync(_tripped is null ? "active" : "tripped", _tripped ?? "", cancel);

    private async Task<bool> TryWriteAsync(string state, string reason, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            await registry.SeenAsync(
                new Runner
                {
                    Id = _id,
                    Name = options.Name,
                    Pool = options.Pool,
                    Devices = _devices,
                    Slots = _slots,
                    Version = Version,
                    State = state,
                    StateReason = reason,
                },
                cancel);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.PresenceNotWritten(state, error.Message);
            return false;
        }
        finally
        {
            _writing.Release();
        }
    }
}
