using DdpmJobs.Tracking.Contracts;
using MassTransit;

namespace DdpmJobs.GpuRunner.Offers;

/// <summary>Hands the offer of an evaluate job to the slots and returns, so that the delivery is acknowledged at once whatever the slots are doing.</summary>
public sealed class EvaluateJobConsumer(JobIntake intake) : IConsumer<EvaluateJob>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<EvaluateJob> context)
    {
        intake.Offer(context.Message.JobId);
        return Task.CompletedTask;
    }
}
