using System.Threading.Channels;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Stores checkpoints while the training goes on: only the newest waits, and the last one is always stored.</summary>
public sealed class CheckpointUploader : IAsyncDisposable
{
    private readonly Func<string, long, CancellationToken, Task> _store;
    private readonly AttemptStop _stop;
    private readonly ILogger _log;
    private readonly Channel<(string File, long Step)> _newest;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;
    private long _storedStep;
    private string _newestFile = "";

    /// <summary>Starts to store what is offered.</summary>
    /// <param name="store">Stores one file with its step; must make every metric point before that step durable first, so that whoever resumes there has the whole curve.</param>
    /// <param name="storedStep">Step of the checkpoint that the training goes on from, which is stored already; 0 where it starts, which needs none.</param>
    /// <param name="stop">Told when the lease is lost.</param>
    /// <param name="log">Where failures go that a later checkpoint heals.</param>
    public CheckpointUploader(Func<string, long, CancellationToken, Task> store, long storedStep, AttemptStop stop, ILogger log)
    {
        (_store, _storedStep, _stop, _log) = (store, storedStep, stop, log);
        _newest = Channel.CreateBounded<(string File, long Step)>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            superseded => Drop(superseded.File));
        _loop = RunAsync();
    }

    /// <summary>Takes a complete checkpoint file; returns at once. The file is deleted once it is stored or superseded.</summary>
    public void Offer(string file, long step)
    {
        _newestFile = file;
        _newest.Writer.TryWrite((file, step));
    }

    /// <summary>Waits for the store to have the last checkpoint of the attempt.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public async Task FinishAsync(string file, long step, CancellationToken cancel)
    {
        // Let the upload that is under way end, then see whether the last one is still to do.
        _newest.Writer.TryComplete();
        await _loop.WaitAsync(cancel);
        if (_storedStep != step)
        {
            await _store(file, step, cancel);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _newest.Writer.TryComplete();
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
    }

    // A training that is stopped right after a checkpoint writes the same step, and so the same file, once more.
    private void Drop(string superseded)
    {
        if (superseded != _newestFile)
        {
            File.Delete(superseded);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach ((string file, long step) in _newest.Reader.ReadAllAsync(_end.Token))
            {
                if (step == _storedStep)
                {
                    continue;
                }

                try
                {
                    await _store(file, step, _end.Token);
                    _storedStep = step;
                    File.Delete(file);
                }
                catch (Exception error) when (error is not OperationCanceledException and not StaleFenceException)
                {
                    // The next checkpoint, or the last one in FinishAsync, makes up for it; the training need not end for this.
                    _log.CheckpointNotStored(step, error);
                }
            }
        }
        catch (StaleFenceException)
        {
            _stop.Lose();
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
    }
}
