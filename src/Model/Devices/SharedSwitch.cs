namespace DdpmJobs.Model.Devices;

/// <summary>A setting of the whole process that several jobs want at once: those that want the same share it, one that wants it otherwise waits until they are done.</summary>
/// <param name="set">Sets it; called while nobody holds it.</param>
/// <remarks>First come, first served: who wants what is in force waits too while one stands before it that does not, so nobody waits for ever.</remarks>
internal sealed class SharedSwitch(Action<bool> set)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(bool Value, TaskCompletionSource Turn)> _waiting = [];
    private bool? _inForce;
    private int _holders;

    /// <summary>Jobs that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Waits until the setting is as wanted, and keeps it so.</summary>
    /// <param name="value">How it is wanted.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <returns>Disposing it lets the setting go; once.</returns>
    /// <exception cref="OperationCanceledException">It was asked to stop first.</exception>
    public IDisposable Hold(bool value, CancellationToken stop)
    {
        LinkedListNode<(bool Value, TaskCompletionSource Turn)> me = new((value, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        lock (_lock)
        {
            _waiting.AddLast(me);
            Admit();
        }

        try
        {
            me.Value.Turn.Task.Wait(stop);
        }
        catch (OperationCanceledException)
        {
            GiveUp(me);
            throw;
        }

        return new Held(this);
    }

    // Lets in whoever is first, and whoever follows and wants the same.
    private void Admit()
    {
        while (_waiting.First is { } next && (_holders == 0 || next.Value.Value == _inForce))
        {
            if (next.Value.Value != _inForce)
                set(next.Value.Value);
            _inForce = next.Value.Value;
            _holders++;
            _waiting.RemoveFirst();
            next.Value.Turn.SetResult();
        }
    }

    private void GiveUp(LinkedListNode<(bool Value, TaskCompletionSource Turn)> me)
    {
        lock (_lock)
        {
            // Its turn may have come in the same moment.
            if (me.List is null)
                _holders--;
            else
                _waiting.Remove(me);
            Admit();
        }
    }

    private void Release()
    {
        lock (_lock)
        {
            _holders--;
            Admit();
        }
    }

    private sealed class Held(SharedSwitch owner) : IDisposable
    {
        private SharedSwitch? _owner = owner;

        public void Dispose() => Interlocked.Exchange(ref _owner, null)?.Release();
    }
}
