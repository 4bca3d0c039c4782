using Hangfire;
using Hangfire.Common;

namespace DdpmJobs.Scheduler.Mirrors;

/// <summary>Gives the dashboard's buttons a <see cref="MirrorClient"/>.</summary>
public sealed class MirrorClientFactory(IJobFilterProvider filters) : IBackgroundJobClientFactory
{
    /// <inheritdoc />
    public IBackgroundJobClient GetClient(JobStorage storage) => new MirrorClient(storage, new BackgroundJobClient(storage, filters));
}
