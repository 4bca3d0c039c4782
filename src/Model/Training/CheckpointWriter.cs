namespace DdpmJobs.Model.Training;

/// <summary>Writes checkpoints beside training: the training thread only copies its state, another one writes the file. One file at a time.</summary>
/// <param name="state">What is written.</param>
/// <param name="session">The folder, and who is told.</param>
internal sealed class CheckpointWriter(TrainingState state, TrainingSession session) : IDisposable
{
    private TrainingSnapshot? _snapshot;
    private Task _writing = Task.CompletedTask;
    private volatile SavedCheckpoint? _newest;

    /// <summary>The newest file that is complete; null before the first.</summary>
    public SavedCheckpoint? Newest => _newest;

    /// <summary>Whether a file is being written.</summary>
    public bool IsBusy => !_writing.IsCompleted;

    /// <summary>Copies the state and begins to write it; waits for the file before it, if that is still being written.</summary>
    /// <param name="isKept">See <see cref="SavedCheckpoint.IsKept"/>.</param>
    /// <param name="bestOf">See <see cref="SavedCheckpoint.BestOf"/>.</param>
    /// <exception cref="IOException">The file before it could not be written; the message names it.</exception>
    public void Begin(bool isKept, IReadOnlyList<CheckpointSelection> bestOf)
    {
        Finish();
        (_snapshot ??= new TrainingSnapshot(state)).Take();
        SavedCheckpoint checkpoint = Now(isKept, bestOf);

        // A thread of its own: one of the pool may come late, or be this one, while it waits.
        _writing = Task.Factory.StartNew(() => Write(checkpoint, _snapshot.Write), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
    }

    /// <summary>Writes the state as it is, without a copy of it, and waits until the file is complete: for the end of a training, when nothing changes it any more.</summary>
    /// <inheritdoc cref="Begin"/>
    public void WriteLast(bool isKept, IReadOnlyList<CheckpointSelection> bestOf)
    {
        Finish();
        Write(Now(isKept, bestOf), state.Save);
    }

    /// <summary>Throws what broke the file that was written last; returns at once where it is still being written.</summary>
    /// <exception cref="IOException">It could not be written; the message names it.</exception>
    public void ThrowIfFailed()
    {
        if (_writing.IsFaulted)
            Finish();
    }

    /// <summary>Waits until the file that is being written is complete.</summary>
    /// <exception cref="IOException">It could not be written; the message names it.</exception>
    public void Finish() => _writing.GetAwaiter().GetResult();

    /// <summary>Waits for the file that is being written, if it can be, and gives the newest that is complete; null before the first.</summary>
    public SavedCheckpoint? NewestAfterAll()
    {
        _writing.ContinueWith(static _ => { }, TaskScheduler.Default).GetAwaiter().GetResult();
        return _newest;
    }

    /// <summary>Waits for the file that is being written. Whoever wants to know whether it is complete asks <see cref="Finish"/>; here something else has gone wrong already.</summary>
    public void Dispose()
    {
        NewestAfterAll();
        _snapshot?.Dispose();
    }

    private SavedCheckpoint Now(bool isKept, IReadOnlyList<CheckpointSelection> bestOf) =>
        new(Path.Combine(session.Folder, $"step-{state.Step:D8}.safetensors"), state.Step) { IsKept = isKept, BestOf = bestOf };

    private void Write(SavedCheckpoint checkpoint, Action<string> write)
    {
        try
        {
            write(checkpoint.Path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The checkpoint {checkpoint.Path} could not be written: {error.Message}", error);
        }

        _newest = checkpoint;
        session.OnCheckpoint?.Invoke(checkpoint);
    }
}
