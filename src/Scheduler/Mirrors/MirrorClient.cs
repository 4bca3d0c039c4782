using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace DdpmJobs.Scheduler.Mirrors;

/// <summary>Hangfire's client, which calls a click on a mirror a success when the request was accepted: a stopped job's mirror becomes <c>Stopping</c>, not <c>Deleted</c>, and the dashboard would report an error.</summary>
public sealed class MirrorClient(JobStorage storage, IBackgroundJobClient inner) : IBackgroundJobClient
{
    /// <inheritdoc />
    public string Create(Job job, IState state) => inner.Create(job, state);

    /// <inheritdoc />
    public bool ChangeState(string jobId, IState state, string expectedState)
    {
        if (inner.ChangeState(jobId, state, expectedState))
        {
            return true;
        }

        if (state is not (EnqueuedState or DeletedState))
        {
            return false;
        }

        using IStorageConnection connection = storage.GetConnection();
        return connection.GetJobData(jobId)?.Job?.Type == typeof(JobMirror)
            && connection.GetStateData(jobId)?.Reason is { } reason && !reason.StartsWith(MirrorButtons.Refused, StringComparison.Ordinal);
    }
}
