using DdpmJobs.Tracking.Contracts;
using MassTransit;

namespace DdpmJobs.GpuRunner.Offers;

/// <summary>Hands the offer of a train job to the slots and returns, so that the delivery is acknowledged at once whatever the slots are doing.</summary>
public sealed class TrainJobConsumer(JobIntake intake) : IConsumer<TrainJob>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<TrainJob> context)
    {
        intake.Offer(context.Message.JobId);
        return Task.CompletedTask;
    }
}
