using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging.Abstractions;

namespace DdpmJobs.GpuRunner.Tests.Execution;

public sealed class CheckpointUploaderTests : IDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly TempFolder _folder = new();
    private readonly AttemptStop _stop = new(CancellationToken.None);
    private readonly List<long> _stored = [];

    [Fact]
    public async Task Offer_WhileOneIsUnderWay_OnlyTheNewestWaits()
    {
        TaskCompletionSource first = new();
        SemaphoreSlim entered = new(0);
        await using CheckpointUploader uploader = Uploader(async step =>
        {
            entered.Release();
            if (step == 10)
            {
                await first.Task;
            }
        });
        uploader.Offer(File(10), 10);
        await entered.WaitAsync(Cancel);
        uploader.Offer(File(20), 20);
        uploader.Offer(File(30), 30);

        first.SetResult();
        await uploader.FinishAsync(_folder.File("30"), 30, Cancel);

        Assert.Equal([10, 30], _stored);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task Offer_SameStepTwiceWhileOneIsUnderWay_StoresItAndLosesNoFile()
    {
        TaskCompletionSource first = new();
        SemaphoreSlim entered = new(0);
        await using CheckpointUploader uploader = Uploader(async step =>
        {
            entered.Release();
            if (step == 10)
            {
                await first.Task;
            }

            Assert.True(System.IO.File.Exists(_folder.File($"{step}")));
        });
        uploader.Offer(File(10), 10);
        await entered.WaitAsync(Cancel);
        uploader.Offer(File(20), 20);
        uploader.Offer(File(20), 20); // stopped right after a checkpoint: the same step, the same file

        first.SetResult();
        await uploader.FinishAsync(_folder.File("20"), 20, Cancel);

        Assert.Equal([10, 20], _stored);
    }

    [Fact]
    public async Task FinishAsync_LastWasNeverOffered_StoresIt()
    {
        await using CheckpointUploader uploader = Uploader(_ => Task.CompletedTask);
        uploader.Offer(File(10), 10);

        await uploader.FinishAsync(File(20), 20, Cancel);

        Assert.Equal(20, _stored[^1]);
    }

    [Fact]
    public async Task FinishAsync_LastFailedInTheBackground_StoresItAgainOrThrows()
    {
        int tries = 0;
        await using CheckpointUploader uploader = Uploader(_ => ++tries == 1 ? throw new IOException("disk full") : Task.CompletedTask);
        uploader.Offer(File(10), 10);

        await uploader.FinishAsync(_folder.File("10"), 10, Cancel);

        Assert.Equal([10], _stored);
        await using CheckpointUploader broken = Uploader(_ => throw new IOException("disk full"));
        await Assert.ThrowsAsync<IOException>(() => broken.FinishAsync(File(20), 20, Cancel));
    }

    [Fact]
    public async Task FinishAsync_NothingNewSinceTheResume_StoresNothing()
    {
        await using CheckpointUploader uploader = Uploader(_ => Task.CompletedTask, storedStep: 10);
        uploader.Offer(File(10), 10);

        await uploader.FinishAsync(_folder.File("10"), 10, Cancel);

        Assert.Empty(_stored);
    }

    [Fact]
    public async Task Offer_StaleFence_LosesTheAttempt()
    {
        Lease lease = new(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), JobKind.Train, 1, Guid.CreateVersion7(), "r");
        TaskCompletionSource cancelled = new();
        _stop.Token.Register(() => cancelled.SetResult());
        await using CheckpointUploader uploader = Uploader(_ => throw new StaleFenceException(lease));

        uploader.Offer(File(10), 10);

        await cancelled.Task.WaitAsync(Cancel);
        Assert.True(_stop.IsLost);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    private CheckpointUploader Uploader(Func<long, Task> store, long storedStep = 0) => new(
        async (_, step, _) =>
        {
            await store(step);
            _stored.Add(step);
        },
        storedStep, _stop, NullLogger.Instance);

    private string File(long step)
    {
        System.IO.File.WriteAllText(_folder.File($"{step}"), "checkpoint");
        return _folder.File($"{step}");
    }
}
