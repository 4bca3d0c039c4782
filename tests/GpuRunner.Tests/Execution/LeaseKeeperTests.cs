using System.Collections.Concurrent;
using System.Threading.Channels;
using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DdpmJobs.GpuRunner.Tests.Execution;

public sealed class LeaseKeeperTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Report = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly AttemptProgress _progress = new();
    private readonly CancellationTokenSource _shutdown = new();
    private readonly AttemptStop _stop;
    private readonly Channel<JobProgress?> _beats = Channel.CreateUnbounded<JobProgress?>();
    private readonly ConcurrentQueue<Func<LeaseState>> _answers = new();

    public LeaseKeeperTests() => _stop = new AttemptStop(_shutdown.Token);

    [Fact]
    public async Task Keeper_NoProgress_BeatsOncePerHeartbeat()
    {
        await using LeaseKeeper keeper = Keeper();

        for (int second = 1; second <= 9; second++)
        {
            _clock.Advance(Report);
        }

        Assert.False(_beats.Reader.TryRead(out _));
        _clock.Advance(Report);
        Assert.Null(await _beats.Reader.ReadAsync(Cancel));
    }

    [Fact]
    public async Task Keeper_NewProgress_IsReportedAtTheNextReport()
    {
        await using LeaseKeeper keeper = Keeper();
        _progress.Report(3, 10, "steps");

        _clock.Advance(Report);

        Assert.Equal(new JobProgress(3, 10, "steps"), await _beats.Reader.ReadAsync(Cancel));
    }

    [Fact]
    public async Task Keeper_StopAsked_CancelsWithTheReasonWithinAHeartbeat()
    {
        _answers.Enqueue(() => new LeaseState(true, StopReason.Prune));
        TaskCompletionSource cancelled = new();
        _stop.Token.Register(() => cancelled.SetResult());
        await using LeaseKeeper keeper = Keeper();

        _clock.Advance(Heartbeat);

        await cancelled.Task.WaitAsync(Cancel);
        Assert.Equal(StopReason.Prune, _stop.Asked);
        Assert.False(_stop.IsLost);
        Assert.False(_stop.IsShutdown);
    }

    [Fact]
    public async Task Keeper_NotHeld_CancelsAsLost()
    {
        _answers.Enqueue(() => new LeaseState(false, null));
        TaskCompletionSource cancelled = new();
        _stop.Token.Register(() => cancelled.SetResult());
        await using LeaseKeeper keeper = Keeper();

        _clock.Advance(Heartbeat);

        await cancelled.Task.WaitAsync(Cancel);
        Assert.True(_stop.IsLost);
    }

    [Fact]
    public async Task Keeper_StoreUnreachable_GoesOnAndBeatsAgain()
    {
        _answers.Enqueue(() => throw new TimeoutException("the store is away"));
        await using LeaseKeeper keeper = Keeper();
        _progress.Report(3, 10, "steps");

        _clock.Advance(Report);
        await _beats.Reader.ReadAsync(Cancel);
        JobProgress? repeated = null;
        while (!_beats.Reader.TryRead(out repeated))
        {
            _clock.Advance(Report);
            await Task.Yield();
        }

        // What was not told because of the outage is told again.
        Assert.Equal(new JobProgress(3, 10, "steps"), repeated);
        Assert.False(_stop.Token.IsCancellationRequested);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _shutdown.Dispose();
    }

    private LeaseKeeper Keeper() => new(
        (progress, _) =>
        {
            _beats.Writer.TryWrite(progress);
            return Task.FromResult(_answers.TryDequeue(out Func<LeaseState>? answer) ? answer() : new LeaseState(true, null));
        },
        _progress, _stop, Heartbeat, Report, _clock, NullLogger.Instance);
}
