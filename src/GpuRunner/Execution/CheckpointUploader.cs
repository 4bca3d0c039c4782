using DdpmJobs.Model.Training;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>
/// Stores checkpoints while the training goes on. Of those that are there to go on from only the newest waits; those that are kept for good or as the best all wait their turn, and
/// the last one is always stored.
/// </summary>
public sealed class CheckpointUploader : IAsyncDisposable
{
    private readonly Func<SavedCheckpoint, CancellationToken, Task> _store;
    private readonly AttemptStop _stop;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly List<SavedCheckpoint> _waiting = [];
    private readonly List<SavedCheckpoint> _failed = [];
    private readonly SemaphoreSlim _offered = new(0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;
    private long _storedStep;
    private bool _isComplete;

    /// <summary>Starts to store what is offered.</summary>
    /// <param name="store">Stores a checkpoint; must make every metric point before its step durable first, so that whoever resumes there has the whole curve.</param>
    /// <param name="storedStep">Step of the checkpoint that the training goes on from, which is stored already; 0 where it starts, which needs none.</param>
    /// <param name="stop">Told when the lease is lost.</param>
    /// <param name="log">Where failures go that a later checkpoint heals.</param>
    public CheckpointUploader(Func<SavedCheckpoint, CancellationToken, Task> store, long storedStep, AttemptStop stop, ILogger log)
    {
        (_store, _storedStep, _stop, _log) = (store, storedStep, stop, log);
        _loop = RunAsync();
    }

    /// <summary>Takes a complete checkpoint file; returns at once. The file is deleted once it is stored or superseded.</summary>
    public void Offer(SavedCheckpoint checkpoint)
    {
        lock (_gate)
        {
            foreach (SavedCheckpoint superseded in _waiting.FindAll(waiting => waiting.IsReplaceable))
            {
                _waiting.Remove(superseded);

                // A step may come again, and with it its file.
                if (superseded.Path != checkpoint.Path)
                {
                    File.Delete(superseded.Path);
                }
            }

            _waiting.Add(checkpoint);
        }

        _offered.Release();
    }

    /// <summary>Waits for the store to have the last checkpoint of the attempt, and every other that must not be lost.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public async Task FinishAsync(SavedCheckpoint last, CancellationToken cancel)
    {
        await DrainAsync(cancel);
        if (_storedStep != last.Step)
        {
            await _store(last, cancel);
        }
    }

    /// <summary>Waits for the store to have every checkpoint that was offered, but for replaceable ones that failed; takes no more.</summary>
    /// <exception cref="StaleFenceException">The lease is lost.</exception>
    public async Task DrainAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _isComplete = true;
        }

        _offered.Release();
        await _loop.WaitAsync(cancel);
        foreach (SavedCheckpoint failed in _failed)
        {
            await _store(failed, cancel);
            _storedStep = Math.Max(_storedStep, failed.Step);
        }

        _failed.Clear();
    }

    /// <summary>As <see cref="DrainAsync"/>, after a training that broke: that is what is told, and a store that refuses a checkpoint too only goes to the log.</summary>
    public async Task DrainAfterAsync(Exception broken, CancellationToken cancel)
    {
        try
        {
            await DrainAsync(cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException and not StaleFenceException)
        {
            _log.CheckpointsNotStored(broken.Message, error);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
        _offered.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                SavedCheckpoint? next = Next(out bool isEnd);
                if (isEnd)
                {
                    return;
                }

                if (next is null)
                {
                    await _offered.WaitAsync(_end.Token);
                }
                else
                {
                    await StoreAsync(next);
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

    private SavedCheckpoint? Next(out bool isEnd)
    {
        lock (_gate)
        {
            isEnd = _waiting.Count == 0 && _isComplete;
            if (_waiting.Count == 0)
            {
                return null;
            }

            SavedCheckpoint next = _waiting[0];
            _waiting.RemoveAt(0);
            return next;
        }
    }

    private async Task StoreAsync(SavedCheckpoint checkpoint)
    {
        // What the training went on from is there; but kept or best it must be, if this attempt says so.
        if (checkpoint.Step == _storedStep && checkpoint.IsReplaceable)
        {
            return;
        }

        try
        {
            await _store(checkpoint, _end.Token);
            _storedStep = checkpoint.Step;
            File.Delete(checkpoint.Path);
        }
        catch (Exception error) when (error is not OperationCanceledException and not StaleFenceException)
        {
            // The next checkpoint, or the last one in FinishAsync, makes up for it; the training need not end for this. One that must not be lost is tried again at the end.
            _log.CheckpointNotStored(checkpoint.Step, error);
            if (!checkpoint.IsReplaceable)
            {
                _failed.Add(checkpoint);
            }
        }
    }
}
