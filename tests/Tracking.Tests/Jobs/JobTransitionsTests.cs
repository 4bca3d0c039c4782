using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Tracking.Tests.Jobs;

public class JobTransitionsTests
{
    [Fact]
    public void Next_FinalState_OnlyAPersonMovesIt()
    {
        foreach (JobState state in Enum.GetValues<JobState>().Where(state => state.IsFinal()))
        {
            foreach (JobTrigger trigger in Enum.GetValues<JobTrigger>())
            {
                bool person = trigger is JobTrigger.Retried && state is JobState.Failed or JobState.Cancelled
                    || trigger is JobTrigger.DependencyRetried && state is JobState.Failed or JobState.Cancelled or JobState.Skipped;
                JobState? next = JobTransitions.Next(state, trigger, StopReason.Cancel);
                if (!person)
                    Assert.Null(next);
            }
        }
    }

    [Theory]
    [InlineData(StopReason.Cancel, JobState.Cancelled)]
    [InlineData(StopReason.Prune, JobState.Pruned)]
    [InlineData(StopReason.Preempt, JobState.Ready)]
    public void Next_StopAcknowledged_FollowsTheReason(StopReason reason, JobState expected)
    {
        Assert.Equal(JobState.Stopping, JobTransitions.Next(JobState.Running, JobTrigger.StopRequested, reason));
        Assert.Equal(expected, JobTransitions.Next(JobState.Stopping, JobTrigger.StopAcknowledged, reason));
        Assert.Equal(expected, JobTransitions.Next(JobState.Stopping, JobTrigger.GivenBack, reason));
    }

    [Fact]
    public void Next_OnlyReady_CanBeClaimed()
    {
        foreach (JobState state in Enum.GetValues<JobState>())
            Assert.Equal(state == JobState.Ready ? JobState.Running : null, JobTransitions.Next(state, JobTrigger.Claimed, null));
    }

    [Fact]
    public void Next_ReadyJob_CannotBePreempted() => Assert.Null(JobTransitions.Next(JobState.Ready, JobTrigger.StopRequested, StopReason.Preempt));
}
