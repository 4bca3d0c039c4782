using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Tracking.Contracts;

/// <summary>Names of the queues that offers travel on.</summary>
public static class QueueNames
{
    /// <summary>The queue for offers of one kind to one pool, as in <c>ddpm.train.default</c>.</summary>
    public static string Of(JobKind kind, string pool) => $"ddpm.{kind.ToString().ToLowerInvariant()}.{pool}";
}
