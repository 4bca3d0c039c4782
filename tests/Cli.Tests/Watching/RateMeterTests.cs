using DdpmJobs.Cli.Watching;

namespace DdpmJobs.Cli.Tests.Watching;

public class RateMeterTests
{
    [Fact]
    public void Remaining_SteadyWork_IsTheRestAtThatRate()
    {
        HandClock clock = new();
        RateMeter meter = new(clock);
        Guid job = Guid.CreateVersion7();
        Assert.Null(meter.Remaining(job, 1, 100, 1000));
        clock.Seconds = 10;
        Assert.Equal(TimeSpan.FromSeconds(80), meter.Remaining(job, 1, 200, 1000));
    }

    [Fact]
    public void Remaining_ResumedAttempt_DoesNotCountWhatWasDoneBefore()
    {
        HandClock clock = new();
        RateMeter meter = new(clock);
        Guid job = Guid.CreateVersion7();
        meter.Remaining(job, 1, 100, 1000);
        clock.Seconds = 10;
        Assert.Null(meter.Remaining(job, 2, 500, 1000));
        clock.Seconds = 20;
        Assert.Equal(TimeSpan.FromSeconds(40), meter.Remaining(job, 2, 600, 1000));
    }

    [Fact]
    public void Remaining_NoProgress_IsUnknown()
    {
        HandClock clock = new();
        RateMeter meter = new(clock);
        Guid job = Guid.CreateVersion7();
        meter.Remaining(job, 1, 100, 1000);
        clock.Seconds = 10;
        Assert.Null(meter.Remaining(job, 1, 100, 1000));
    }
}
