using DdpmJobs.GpuRunner.Execution;

namespace DdpmJobs.GpuRunner.Tests.Execution;

public sealed class WorkThreadTests
{
    private static readonly AsyncLocal<string> Scope = new();

    // The thread itself, since a new one may have the number of one that has ended. Tests beside this one take and free threads, so the next work may come to another; not for ever.
    [Fact]
    public async Task RunAsync_WorkAfterWork_ComesToTheSameThread()
    {
        for (int tries = 0; tries < 100; tries++)
        {
            Thread first = await WorkThread.RunAsync(() => Thread.CurrentThread);
            if (await WorkThread.RunAsync(() => Thread.CurrentThread) == first)
            {
                return;
            }
        }

        Assert.Fail("Each work had another thread.");
    }

    [Fact]
    public async Task RunAsync_WorkBesideWork_HasAThreadOfItsOwn()
    {
        using Barrier meet = new(3);
        int Work()
        {
            Assert.True(meet.SignalAndWait(TimeSpan.FromMinutes(1)));
            return Environment.CurrentManagedThreadId;
        }

        int[] threads = await Task.WhenAll(WorkThread.RunAsync(Work), WorkThread.RunAsync(Work), WorkThread.RunAsync(Work));

        Assert.Equal(3, threads.Distinct().Count());
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
    }

    [Fact]
    public async Task RunAsync_WorkThatFails_HandsBackItsErrorAndTheThreadGoesOn()
    {
        for (int i = 0; i < 10; i++)
        {
            InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => WorkThread.RunAsync<int>(() => throw new InvalidOperationException("broken")));
            Assert.Equal("broken", error.Message);
            await Assert.ThrowsAsync<OperationCanceledException>(() => WorkThread.RunAsync<int>(() => throw new OperationCanceledException()));
            Assert.Equal(7, await WorkThread.RunAsync(() => 7));
        }
    }

    [Fact]
    public async Task RunAsync_ScopeOfTheCaller_IsThatOfTheWork()
    {
        Scope.Value = "first";
        Assert.Equal("first", await WorkThread.RunAsync(() => Scope.Value));
        Scope.Value = "second";
        Assert.Equal("second", await WorkThread.RunAsync(() => Scope.Value));
    }
}
