using DdpmJobs.GpuRunner.Offers;
using Microsoft.Extensions.Time.Testing;

namespace DdpmJobs.GpuRunner.Tests.Offers;

public sealed class JobIntakeTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider _clock = new();
    private readonly JobIntake _intake = new();

    [Fact]
    public async Task WaitAsync_OfferComes_WakesWithIt()
    {
        Guid job = Guid.CreateVersion7();
        Task<Guid?> waiting = _intake.WaitAsync(TimeSpan.FromSeconds(5), _clock, Cancel);
        Assert.False(waiting.IsCompleted);

        _intake.Offer(job);

        Assert.Equal(job, await waiting);
    }

    [Fact]
    public async Task WaitAsync_NoOffer_WakesAfterThePollTime()
    {
        Task<Guid?> waiting = _intake.WaitAsync(TimeSpan.FromSeconds(5), _clock, Cancel);
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(waiting.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Null(await waiting);
    }

    [Fact]
    public async Task WaitAsync_Shutdown_Throws()
    {
        using CancellationTokenSource shutdown = new();
        Task<Guid?> waiting = _intake.WaitAsync(TimeSpan.FromSeconds(5), _clock, shutdown.Token);

        await shutdown.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void Offer_MoreThanFit_ForgetsTheOldest()
    {
        Guid[] jobs = [.. Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7())];
        foreach (Guid job in jobs)
        {
            _intake.Offer(job);
        }

        Assert.Equal(jobs[36], _intake.Take());
    }
}
