using DdpmJobs.Model.Devices;

namespace DdpmJobs.Model.Tests.Devices;

public sealed class SharedSwitchTests
{
    private readonly List<bool> _set = [];

    [Fact]
    public void Hold_SameValue_IsSharedAndSetOnce()
    {
        SharedSwitch shared = new(_set.Add);
        using IDisposable first = shared.Hold(true, CancellationToken.None);
        using IDisposable second = shared.Hold(true, CancellationToken.None);
        Assert.Equal([true], _set);
    }

    [Fact]
    public async Task Hold_OtherValue_WaitsUntilAllHaveLetGo()
    {
        SharedSwitch shared = new(_set.Add);
        IDisposable first = shared.Hold(false, CancellationToken.None);
        IDisposable second = shared.Hold(false, CancellationToken.None);
        Task<IDisposable> other = Task.Factory.StartNew(() => shared.Hold(true, CancellationToken.None), TaskCreationOptions.LongRunning);
        first.Dispose();
        first.Dispose(); // once is enough
        Assert.False(other.IsCompleted);
        Assert.Equal([false], _set);
        second.Dispose();
        (await other).Dispose();
        Assert.Equal([false, true], _set);
    }

    [Fact]
    public async Task Hold_SameValueBehindOneThatWaits_WaitsItsTurn()
    {
        SharedSwitch shared = new(_set.Add);
        IDisposable first = shared.Hold(false, CancellationToken.None);
        Task<IDisposable> other = Queue(shared, true, 1);
        Task<IDisposable> third = Queue(shared, false, 2);
        Assert.False(third.IsCompleted);
        first.Dispose();
        IDisposable second = await other;
        Assert.False(third.IsCompleted);
        second.Dispose();
        (await third).Dispose();
        Assert.Equal([false, true, false], _set);
    }

    [Fact]
    public async Task Hold_AskedToStopWhileItWaits_ThrowsAndLetsTheNextIn()
    {
        SharedSwitch shared = new(_set.Add);
        using IDisposable first = shared.Hold(false, CancellationToken.None);
        using CancellationTokenSource stop = new();
        Task<IDisposable> other = Task.Factory.StartNew(() => shared.Hold(true, stop.Token), TaskCreationOptions.LongRunning);
        while (shared.Waiting < 1)
            await Task.Yield();
        Task<IDisposable> third = Queue(shared, false, 2);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        (await third).Dispose();
        Assert.Equal([false], _set);
        Assert.Equal(0, shared.Waiting);
    }

    [Fact]
    public void Hold_AskedToStopWhereNobodyHolds_NeedsNoWaiting()
    {
        SharedSwitch shared = new(_set.Add);
        shared.Hold(true, new CancellationToken(canceled: true)).Dispose();
        using IDisposable next = shared.Hold(false, CancellationToken.None);
        Assert.Equal([true, false], _set);
    }

    // Returns once it stands in the queue.
    private static Task<IDisposable> Queue(SharedSwitch shared, bool value, int place)
    {
        Task<IDisposable> task = Task.Factory.StartNew(() => shared.Hold(value, CancellationToken.None), TaskCreationOptions.LongRunning);
        SpinWait.SpinUntil(() => shared.Waiting >= place);
        return task;
    }
}
