using DdpmJobs.GpuRunner.Execution;
using DdpmJobs.Model.Training;
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
        uploader.Offer(Saved(10));
        await entered.WaitAsync(Cancel);
        uploader.Offer(Saved(20));
        uploader.Offer(Saved(30));

        first.SetResult();
        await uploader.FinishAsync(new SavedCheckpoint(_folder.File("30"), 30), Cancel);

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
        uploader.Offer(Saved(10));
        await entered.WaitAsync(Cancel);
        uploader.Offer(Saved(20));
        uploader.Offer(Saved(20)); // stopped right after a checkpoint: the same step, the same file

        first.SetResult();
        await uploader.FinishAsync(new SavedCheckpoint(_folder.File("20"), 20), Cancel);

        Assert.Equal([10, 20], _stored);
    }

    [Fact]
    public async Task FinishAsync_LastWasNeverOffered_StoresIt()
    {
        await using CheckpointUploader uploader = Uploader(_ => Task.CompletedTask);
        uploader.Offer(Saved(10));

        await uploader.FinishAsync(Saved(20), Cancel);

        Assert.Equal(20, _stored[^1]);
    }

    [Fact]
    public async Task FinishAsync_LastFailedInTheBackground_StoresItAgainOrThrows()
    {
        int tries = 0;
        await using CheckpointUploader uploader = Uploader(_ => ++tries == 1 ? throw new IOException("disk full") : Task.CompletedTask);
        uploader.Offer(Saved(10));

        await uploader.FinishAsync(new SavedCheckpoint(_folder.File("10"), 10), Cancel);

        Assert.Equal([10], _stored);
        await using CheckpointUploader broken = Uploader(_ => throw new IOException("disk full"));
        await Assert.ThrowsAsync<IOException>(() => broken.FinishAsync(Saved(20), Cancel));
    }

    [Fact]
    public async Task FinishAsync_NothingNewSinceTheResume_StoresNothing()
    {
        await using CheckpointUploader uploader = Uploader(_ => Task.CompletedTask, storedStep: 10);
        uploader.Offer(Saved(10));

        await uploader.FinishAsync(new SavedCheckpoint(_folder.File("10"), 10), Cancel);

        Assert.Empty(_stored);
    }

    [Fact]
    public async Task Offer_KeptWhileOneIsUnderWay_AllAreStoredInTheirOrder()
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
        uploader.Offer(Saved(10));
        await entered.WaitAsync(Cancel);
        uploader.Offer(Saved(20, isKept: true));
        uploader.Offer(Saved(25));
        uploader.Offer(Saved(30, isKept: true));
        uploader.Offer(new SavedCheckpoint(Saved(40).Path, 40) { BestOf = [new CheckpointSelection("nll", 1, "bits/dim", true, 40, "0123456789abcdef")] });
        uploader.Offer(Saved(50));

        first.SetResult();
        await uploader.FinishAsync(Saved(60), Cancel);

        Assert.Equal([10, 20, 30, 40, 50, 60], _stored);
    }

    [Fact]
    public async Task FinishAsync_KeptFailedInTheBackground_StoresItAgainOrThrows()
    {
        int tries = 0;
        await using CheckpointUploader uploader = Uploader(step => step == 10 && ++tries == 1 ? throw new IOException("disk full") : Task.CompletedTask);
        uploader.Offer(Saved(10, isKept: true));
        uploader.Offer(Saved(20));

        await uploader.FinishAsync(new SavedCheckpoint(_folder.File("20"), 20), Cancel);

        Assert.Equal([20, 10], _stored);
        await using CheckpointUploader broken = Uploader(step => step == 10 ? throw new IOException("disk full") : Task.CompletedTask);
        broken.Offer(Saved(10, isKept: true));
        await Assert.ThrowsAsync<IOException>(() => broken.FinishAsync(Saved(20), Cancel));
    }

    [Fact]
    public async Task Offer_KeptAtTheStepOfTheResume_StoresIt()
    {
        await using CheckpointUploader uploader = Uploader(_ => Task.CompletedTask, storedStep: 10);
        uploader.Offer(Saved(10, isKept: true));

        await uploader.FinishAsync(new SavedCheckpoint(_folder.File("10"), 10), Cancel);

        Assert.Equal([10], _stored);
    }

    [Fact]
    public async Task DrainAfterAsync_StoreRefusesToo_TellsTheLogAndNotTheCaller()
    {
        await using CheckpointUploader uploader = Uploader(_ => throw new IOException("disk full"));
        uploader.Offer(Saved(10, isKept: true));

        await uploader.DrainAfterAsync(new InvalidOperationException("the training broke"), Cancel);

        Assert.Empty(_stored);
    }

    [Fact]
    public async Task Offer_StaleFence_LosesTheAttempt()
    {
        Lease lease = new(Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), JobKind.Train, 1, Guid.CreateVersion7(), "r", null);
        TaskCompletionSource cancelled = new();
        _stop.Token.Register(() => cancelled.SetResult());
        await using CheckpointUploader uploader = Uploader(_ => throw new StaleFenceException(lease));

        uploader.Offer(Saved(10));

        await cancelled.Task.WaitAsync(Cancel);
        Assert.True(_stop.IsLost);
    }

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    private CheckpointUploader Uploader(Func<long, Task> store, long storedStep = 0) => new(
        async (saved, _) =>
        {
            await store(saved.Step);
            _stored.Add(saved.Step);
        },
        storedStep, _stop, NullLogger.Instance);

    private SavedCheckpoint Saved(long step, bool isKept = false)
    {
        System.IO.File.WriteAllText(_folder.File($"{step}"), "checkpoint");
        return new SavedCheckpoint(_folder.File($"{step}"), step) { IsKept = isKept };
    }
}
