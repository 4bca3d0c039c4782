using DdpmJobs.Tracking.Contracts;
using MassTransit;

namespace DdpmJobs.GpuRunner.Offers;

/// <summary>Hands the offer of a sample job to the slots and returns, so that the delivery is acknowledged at once whatever the slots are doing.</summary>
public sealed class SampleJobConsumer(JobIntake intake) : IConsumer<SampleJob>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<SampleJob> context)
    {
        intake.Offer(context.Message.JobId);
        return Task.CompletedTask;
    }
}
