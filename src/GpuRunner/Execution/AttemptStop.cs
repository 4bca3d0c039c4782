using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Ends the work of one attempt early, and remembers why: asked for, lost, faulted, or the runner shuts down.</summary>
public sealed class AttemptStop : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _shutdown;
    private StopReason? _asked;
    private Exception? _fault;
    private bool _lost;

    /// <summary>A stop that <paramref name="shutdown"/> triggers too.</summary>
    public AttemptStop(CancellationToken shutdown)
    {
        _shutdown = shutdown;
        _source = CancellationTokenSource.CreateLinkedTokenSource(shutdown);
    }

    /// <summary>Cancelled when the work should end, whatever the cause.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The reason a person or the search gave; null when none asked.</summary>
    public StopReason? Asked
    {
        get
        {
            lock (_gate)
            {
                return _asked;
            }
        }
    }

    /// <summary>Whether the lease is another's: nothing more may be written.</summary>
    public bool IsLost
    {
        get
        {
            lock (_gate)
            {
                return _lost;
            }
        }
    }

    /// <summary>What broke beside the work itself, as in a metric that the store refuses; null when nothing did.</summary>
    public Exception? Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }
    }

    /// <summary>Whether the runner shuts down.</summary>
    public bool IsShutdown => _shutdown.IsCancellationRequested;

    /// <summary>Someone asked the job to stop.</summary>
    public void Ask(StopReason reason) => Set(() => _asked ??= reason);

    /// <summary>The lease is gone.</summary>
    public void Lose() => Set(() => _lost = true);

    /// <summary>Something beside the work broke.</summary>
    public void Fail(Exception error) => Set(() => _fault ??= error);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private void Set(Action cause)
    {
        lock (_gate)
        {
            cause();
        }

        _source.Cancel();
    }
}
