using System.Threading.Channels;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Metrics;

/// <summary>
/// Carries the points of one attempt from the working thread to the store: a bounded channel that never makes the thread wait, chunks, and a spool file for
/// the time that the store is away. No point is dropped while the lease is held.
/// </summary>
public sealed class MetricPump : IAsyncDisposable
{
    /// <summary>Blocks that may wait before the working thread writes to the spool itself.</summary>
    public const int DefaultCapacity = 4096;

    /// <summary>Chunks sent to the store in one call while the spool drains.</summary>
    private const int DrainChunks = 200;

    private readonly Func<IReadOnlyList<MetricBatch>, CancellationToken, Task> _append;
    private readonly MetricSpool _spool;
    private readonly AttemptStop _stop;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly MetricBatcher _batcher = new();
    private readonly List<TaskCompletionSource> _barriers = [];
    private readonly Channel<object> _channel;
    private readonly CancellationTokenSource _end = new();
    private readonly ITimer _timer;
    private readonly Task _loop;
    private bool _away;

    /// <summary>Starts to carry.</summary>
    /// <param name="append">Writes chunks to the store; repeating one must be harmless.</param>
    /// <param name="spool">Takes chunks while the store is away; disposed with the pump.</param>
    /// <param name="stop">Told when the lease is lost and when the store refuses points.</param>
    /// <param name="flushEvery">Longest time a point waits while the store is there.</param>
    /// <param name="clock">The clock for it and for the points' times.</param>
    /// <param name="log">Where outages go, once each.</param>
    /// <param name="capacity">Blocks that may wait.</param>
    public MetricPump(
        Func<IReadOnlyList<MetricBatch>, CancellationToken, Task> append,
        MetricSpool spool,
        AttemptStop stop,
        TimeSpan flushEvery,
        TimeProvider clock,
        ILogger log,
        int capacity = DefaultCapacity)
    {
        (_append, _spool, _stop, _clock, _log) = (append, spool, stop, clock, log);
        _channel = Channel.CreateBounded<object>(new BoundedChannelOptions(capacity) { SingleReader = true });

        // A tick that finds the channel full may be dropped: the loop is busy then and the next one comes.
        _timer = clock.CreateTimer(_ => _channel.Writer.TryWrite(Tick.Instance), null, flushEvery, flushEvery);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Hands points over; returns at once, whatever the store is doing. For one thread.</summary>
    /// <param name="name">The metric.</param>
    /// <param name="steps">Steps, ascending; not changed by the caller afterwards.</param>
    /// <param name="values">Values, as many; not changed by the caller afterwards.</param>
    /// <param name="protocol">How they were measured; null for what training itself reports.</param>
    public void Post(string name, long[] steps, double[] values, MetricProtocol? protocol = null)
    {
        MetricBlock block = new(name, steps, values, _clock.GetUtcNow().UtcDateTime, protocol);
        if (_channel.Writer.TryWrite(block) || _loop.IsCompleted)
        {
            return;
        }

        // The store has been slow for long. A write to the local disk is quick, and a lost point would be a lie.
        try
        {
            _spool.Append([_batcher.Alone(block)]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _stop.Fail(error);
        }
    }

    /// <summary>Waits until the store has every point that was posted before this call.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> came first.</exception>
    public async Task FlushAsync(CancellationToken cancel)
    {
        TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _channel.Writer.WriteAsync(reached, cancel);
        }
        catch (ChannelClosedException)
        {
            // The loop has ended; its own reason says why nothing more is carried.
            await _loop.WaitAsync(cancel);
            throw new InvalidOperationException("The metric pump was already disposed.");
        }

        await reached.Task.WaitAsync(cancel);
    }

    /// <summary>Stops to carry; what was not flushed before is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _end.CancelAsync();
        _channel.Writer.TryComplete();
        await _loop.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _spool.Dispose();
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (object item in _channel.Reader.ReadAllAsync(_end.Token))
            {
                switch (item)
                {
                    case MetricBlock block:
                        _batcher.Add(block);
                        await WriteAsync(_batcher.Take(all: false));
                        break;
                    case TaskCompletionSource barrier:
                        _barriers.Add(barrier);
                        await FlushAndReleaseAsync();
                        break;
                    default:
                        await FlushAndReleaseAsync();
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            Refuse(new OperationCanceledException("The metric pump was disposed."));
        }
        catch (Exception error)
        {
            Refuse(error);
            if (error is StaleFenceException)
            {
                _stop.Lose();
            }
            else
            {
                _stop.Fail(error);
            }

            throw;
        }
    }

    // A barrier still in the channel must fail too, or its waiter would wait for ever.
    private void Refuse(Exception error)
    {
        _channel.Writer.TryComplete();
        while (_channel.Reader.TryRead(out object? item))
        {
            if (item is TaskCompletionSource barrier)
            {
                _barriers.Add(barrier);
            }
        }

        foreach (TaskCompletionSource barrier in _barriers)
        {
            barrier.TrySetException(error);
        }
    }

    private async Task FlushAndReleaseAsync()
    {
        // Older chunks first, so that a curve grows from its start.
        await DrainAsync();
        await WriteAsync(_batcher.Take(all: true));
        if (_barriers.Count > 0 && _spool.Count == 0)
        {
            _barriers.ForEach(barrier => barrier.TrySetResult());
            _barriers.Clear();
        }
    }

    private async Task WriteAsync(IReadOnlyList<MetricBatch> batches)
    {
        if (batches.Count > 0 && (_spool.Count > 0 || !await TryAppendAsync(batches)))
        {
            _spool.Append(batches);
        }
    }

    private async Task DrainAsync()
    {
        while (_spool.Count > 0)
        {
            IReadOnlyList<MetricBatch> batches = _spool.Peek(DrainChunks);
            if (!await TryAppendAsync(batches))
            {
                return;
            }

            _spool.Remove(batches.Count);
        }
    }

    private async Task<bool> TryAppendAsync(IReadOnlyList<MetricBatch> batches)
    {
        try
        {
            await _append(batches, _end.Token);
        }
        catch (Exception error) when (error is not OperationCanceledException && StoreOutage.IsCauseOf(error))
        {
            if (!_away)
            {
                _log.MetricsSpooled(error);
            }

            _away = true;
            return false;
        }

        if (_away)
        {
            _log.MetricsBack();
        }

        _away = false;
        return true;
    }

    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}
