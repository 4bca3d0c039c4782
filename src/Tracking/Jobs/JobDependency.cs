namespace DdpmJobs.Tracking.Jobs;

/// <summary>An edge: <see cref="JobId"/> waits for <see cref="DependsOnId"/>.</summary>
public sealed class JobDependency
{
    /// <summary>The job that waits.</summary>
    public Guid JobId { get; set; }

    /// <summary>The job it waits for.</summary>
    public Guid DependsOnId { get; set; }
}
