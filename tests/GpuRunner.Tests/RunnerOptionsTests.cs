using Microsoft.Extensions.DependencyInjection;

namespace DdpmJobs.GpuRunner.Tests;

public sealed class RunnerOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreValid() => Assert.Empty(new RunnerOptions().Validate());

    [Fact]
    public void Validate_ManyWrong_NamesEachWithItsValue()
    {
        RunnerOptions options = new() { Pool = "GPU pool", Slots = -3, ThreadsPerSlot = 0, PollEvery = TimeSpan.FromSeconds(-7) };

        IReadOnlyList<string> wrong = options.Validate();

        Assert.Collection(wrong,
            pool => Assert.Contains("'GPU pool'", pool),
            slots => Assert.Contains("-3", slots),
            threads => Assert.Contains("ThreadsPerSlot must be 1 to 256; got 0", threads),
            poll => Assert.Contains("-00:00:07", poll));
    }

    [Fact]
    public void AddRunner_WrongOption_Throws()
        => Assert.Throws<RunnerStartException>(() => new ServiceCollection().AddRunner(new RunnerOptions { Slots = 1000 }));
}
