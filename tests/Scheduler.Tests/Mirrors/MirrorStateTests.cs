using DdpmJobs.Scheduler.Mirrors;
using DdpmJobs.Tracking.Jobs;
using Hangfire.Common;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Tests.Mirrors;

public sealed class MirrorStateTests
{
    public static TheoryData<JobState> States => [.. Enum.GetValues<JobState>()];

    [Theory]
    [MemberData(nameof(States))]
    public void Of_EveryState_HasItsName(JobState state)
    {
        var mirror = MirrorState.Of(new Job { Id = Guid.CreateVersion7(), State = state, Fence = 3 }, "gpu01-1", null);

        Assert.Equal(state.ToString(), mirror.Name);
        Assert.Equal("3", mirror.SerializeData()["Attempt"]);
        Assert.Equal("gpu01-1", mirror.SerializeData()["Runner"]);
    }

    [Theory]
    [InlineData(JobState.Blocked, false)]
    [InlineData(JobState.Ready, false)]
    [InlineData(JobState.Running, false)]
    [InlineData(JobState.Stopping, false)]
    [InlineData(JobState.Failed, false)]
    [InlineData(JobState.Succeeded, true)]
    [InlineData(JobState.Diverged, true)]
    [InlineData(JobState.Pruned, true)]
    [InlineData(JobState.Cancelled, true)]
    [InlineData(JobState.Skipped, true)]
    public void IsFinal_OnlyWhereNobodyIsAwaited_LetsTheMirrorExpire(JobState state, bool expires)
        => Assert.Equal(expires, MirrorState.Of(new Job { State = state }, "", null).IsFinal);

    [Fact]
    public void Of_Succeeded_CarriesWhatHangfiresOwnPagesRead()
    {
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var job = new Job { State = JobState.Succeeded, CreatedAt = start, StartedAt = start.AddSeconds(2), EndedAt = start.AddSeconds(5) };

        Dictionary<string, string> data = MirrorState.Of(job, "", null).SerializeData();

        Assert.Equal(start.AddSeconds(5), JobHelper.DeserializeDateTime(data["SucceededAt"]));
        Assert.Equal("3000", data["PerformanceDuration"]);
        Assert.Equal("2000", data["Latency"]);
    }

    [Fact]
    public void Of_Failed_CarriesTheError()
    {
        var mirror = MirrorState.Of(new Job { State = JobState.Failed, Error = "out of memory" }, "", null);

        Assert.Equal("out of memory", mirror.SerializeData()["ExceptionMessage"]);
        Assert.Equal("out of memory", mirror.Reason);
    }
}
