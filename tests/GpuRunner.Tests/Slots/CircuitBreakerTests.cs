using DdpmJobs.GpuRunner.Slots;

namespace DdpmJobs.GpuRunner.Tests.Slots;

public sealed class CircuitBreakerTests
{
    private readonly CircuitBreaker _breaker = new();

    [Fact]
    public void Record_ThreeFailuresInARow_TripsOnceWithTheReason()
    {
        Assert.False(_breaker.Record("one"));
        Assert.False(_breaker.Record("two"));
        Assert.Null(_breaker.Reason);

        Assert.True(_breaker.Record("disk on fire"));

        Assert.Contains("disk on fire", _breaker.Reason);
        Assert.False(_breaker.Record("four"));
        Assert.Contains("disk on fire", _breaker.Reason);
    }

    [Fact]
    public void Record_SomethingElseBetween_StartsAnew()
    {
        _breaker.Record("one");
        _breaker.Record("two");
        _breaker.Record(null);
        _breaker.Record("three");

        Assert.False(_breaker.Record("four"));

        Assert.Null(_breaker.Reason);
    }
}
