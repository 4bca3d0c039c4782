using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.GpuRunner.Metrics;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DdpmJobs.GpuRunner.Tests.Metrics;

public sealed class MetricPumpTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private static readonly Lease Lease = new(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), JobKind.Train, 1, Guid.CreateVersion7(), "r", null);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly AttemptStop _stop = new(CancellationToken.None);
    private readonly FakeStore _store = new();

    [Fact]
    public async Task FlushAsync_AfterPosts_StoreHasEveryPointOnceInOrder()
    {
        await using MetricPump pump = Pump();
        Post(pump, "a", 0, 250);
        Post(pump, "b", 0, 3);
        Post(pump, "a", 250, 10);

        await pump.FlushAsync(Cancel);

        Assert.Equal(Steps(260), _store.StepsOf("a"));
        Assert.Equal(Steps(3), _store.StepsOf("b"));
        Assert.Equal([0, 1, 2], _store.SeqsOf("a"));
        Assert.All(_store.Batches, batch => Assert.True(batch.Steps.Length <= MetricBatcher.ChunkPoints));
    }

    [Fact]
    public async Task Post_ThenTick_IsFlushedWithoutABarrier()
    {
        await using MetricPump pump = Pump();
        Post(pump, "a", 0, 3);

        _clock.Advance(TimeSpan.FromSeconds(1));

        await _store.Appended.WaitAsync(Cancel);
        Assert.Equal(Steps(3), _store.StepsOf("a"));
    }

    [Fact]
    public async Task Post_StoreHangsAndChannelFull_ReturnsAtOnceAndLosesNothing()
    {
        TaskCompletionSource hang = new();
        _store.Before = () => hang.Task;
        await using MetricPump pump = Pump(capacity: 2);
        Post(pump, "a", 0, 100);
        await _store.Entered.WaitAsync(Cancel);

        // The store holds the loop; these posts come back all the same, on this thread.
        for (int i = 1; i <= 50; i++)
        {
            Post(pump, "a", 100 * i, 100);
        }

        _store.Before = () => Task.CompletedTask;
        hang.SetResult();
        await pump.FlushAsync(Cancel);
        Assert.Equal(Steps(5100), _store.StepsOf("a").Order());
        Assert.Equal(Enumerable.Range(0, 51), _store.SeqsOf("a").Order());
    }

    [Fact]
    public async Task FlushAsync_StoreAway_WaitsSpoolsAndEndsWhenItIsBack()
    {
        _store.Before = () => throw new TimeoutException("the store is away");
        await using MetricPump pump = Pump();
        Post(pump, "a", 0, 250);

        Task flushed = pump.FlushAsync(Cancel);
        await _store.Entered.WaitAsync(Cancel);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(flushed.IsCompleted);
        Assert.Empty(_store.Batches);

        _store.Before = () => Task.CompletedTask;
        _clock.Advance(TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await flushed;
        Assert.Equal(Steps(250), _store.StepsOf("a"));
        Assert.False(_stop.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Append_StaleFence_LosesTheAttemptAndFailsTheBarrier()
    {
        _store.Before = () => throw new StaleFenceException(Lease);
        await using MetricPump pump = Pump();
        Post(pump, "a", 0, 1);

        await Assert.ThrowsAsync<StaleFenceException>(() => pump.FlushAsync(Cancel));

        await Cancelled(_stop.Token);
        Assert.True(_stop.IsLost);
        await Assert.ThrowsAsync<StaleFenceException>(() => pump.FlushAsync(Cancel));
        Post(pump, "a", 1, 1);
    }

    [Fact]
    public async Task Append_StoreRefuses_FaultsTheAttempt()
    {
        InvalidOperationException refusal = new("no such column");
        _store.Before = () => throw refusal;
        await using MetricPump pump = Pump();
        Post(pump, "a", 0, 1);

        await Assert.ThrowsAsync<InvalidOperationException>(() => pump.FlushAsync(Cancel));

        await Cancelled(_stop.Token);
        Assert.Same(refusal, _stop.Fault);
        Assert.False(_stop.IsLost);
    }

    [Fact]
    public async Task FlushAsync_Cancelled_Throws()
    {
        _store.Before = () => throw new TimeoutException("the store is away");
        await using MetricPump pump = Pump();
        Post(pump, "a", 0, 1);
        using CancellationTokenSource deadline = new();
        Task flushed = pump.FlushAsync(deadline.Token);
        await _store.Entered.WaitAsync(Cancel);

        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flushed);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
        _store.Dispose();
    }

    private MetricPump Pump(int capacity = MetricPump.DefaultCapacity)
        => new(_store.AppendAsync, new MetricSpool(_folder.File("spool.jsonl")), _stop, TimeSpan.FromSeconds(1), _clock, NullLogger.Instance, capacity);

    private static void Post(MetricPump pump, string name, int first, int count)
        => pump.Post(name, [.. Enumerable.Range(first, count).Select(i => (long)i)], [.. Enumerable.Range(first, count).Select(i => (double)i)]);

    private static IEnumerable<long> Steps(int count) => Enumerable.Range(0, count).Select(i => (long)i);

    private static async Task Cancelled(CancellationToken token)
    {
        TaskCompletionSource cancelled = new();
        await using CancellationTokenRegistration registration = token.Register(() => cancelled.TrySetResult());
        await cancelled.Task.WaitAsync(Cancel);
    }

    private sealed class FakeStore : IDisposable
    {
        private readonly List<MetricBatch> _batches = [];

        public Func<Task> Before { get; set; } = () => Task.CompletedTask;

        public SemaphoreSlim Entered { get; } = new(0);

        public SemaphoreSlim Appended { get; } = new(0);

        public IReadOnlyList<MetricBatch> Batches
        {
            get
            {
                lock (_batches)
                {
                    return [.. _batches];
                }
            }
        }

        public async Task AppendAsync(IReadOnlyList<MetricBatch> batches, CancellationToken cancel)
        {
            Entered.Release();
            await Before().WaitAsync(cancel);
            if (batches.Count > 0)
            {
                lock (_batches)
                {
                    _batches.AddRange(batches);
                }

                Appended.Release();
            }
        }

        public IEnumerable<long> StepsOf(string name) => Batches.Where(batch => batch.Name == name).SelectMany(batch => batch.Steps);

        public IEnumerable<int> SeqsOf(string name) => Batches.Where(batch => batch.Name == name).Select(batch => batch.Seq);

        public void Dispose()
        {
            Entered.Dispose();
            Appended.Dispose();
        }
    }
}
