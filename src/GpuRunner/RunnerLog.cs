using DdpmJobs.Tracking.Jobs;
using Microsoft.Extensions.Logging;

namespace DdpmJobs.GpuRunner;

/// <summary>Everything the runner says. Numbers of a run go to Tracking, not here.</summary>
public static partial class RunnerLog
{
    [LoggerMessage(1, LogLevel.Information, "Runner {Name} takes jobs of pool {Pool} on {Devices}.")]
    internal static partial void Started(this ILogger log, string name, string pool, string devices);

    [LoggerMessage(2, LogLevel.Information, "Runner {Name} has stopped.")]
    internal static partial void Stopped(this ILogger log, string name);

    [LoggerMessage(3, LogLevel.Error, "This runner takes no more jobs until it is started anew: {Reason}")]
    internal static partial void Tripped(this ILogger log, string reason);

    [LoggerMessage(4, LogLevel.Warning, "The store could not be asked for work; trying again every {Every}.")]
    internal static partial void ClaimFailed(this ILogger log, Exception error, TimeSpan every);

    [LoggerMessage(5, LogLevel.Warning, "The runner's row (state {State}) could not be written: {Error}")]
    internal static partial void PresenceNotWritten(this ILogger log, string state, string error);

    [LoggerMessage(10, LogLevel.Information, "{Kind} job {JobId} begins on {Device}, attempt {Fence}.")]
    internal static partial void AttemptBegins(this ILogger log, JobKind kind, Guid jobId, string device, int fence);

    [LoggerMessage(11, LogLevel.Information, "{Kind} job {JobId} ended its attempt {Fence} with {Ending}; the job is {State}.")]
    internal static partial void AttemptEnded(this ILogger log, JobKind kind, Guid jobId, int fence, string ending, JobState state);

    [LoggerMessage(12, LogLevel.Warning, "{Kind} job {JobId} is no longer held by attempt {Fence}; its work is dropped and nothing is written.")]
    internal static partial void AttemptLost(this ILogger log, JobKind kind, Guid jobId, int fence);

    [LoggerMessage(13, LogLevel.Warning, "{Kind} job {JobId} could not be given back within the time that a stop leaves; it goes on when its lease runs out.")]
    internal static partial void AttemptNotHandedBack(this ILogger log, JobKind kind, Guid jobId);

    [LoggerMessage(14, LogLevel.Error, "{Kind} job {JobId} failed in attempt {Fence}.")]
    internal static partial void AttemptFailed(this ILogger log, Exception error, JobKind kind, Guid jobId, int fence);

    [LoggerMessage(15, LogLevel.Information, "Training goes on from step {Step}.")]
    internal static partial void Resumed(this ILogger log, long step);

    [LoggerMessage(16, LogLevel.Warning, "Training goes on from step {Step} {Reason}: its numbers may differ from those of a training that was never stopped, within rounding.")]
    internal static partial void ResumedInexactly(this ILogger log, long step, string reason);

    [LoggerMessage(17, LogLevel.Warning, "Evaluation: {Sentence}")]
    internal static partial void EvaluationWarns(this ILogger log, string sentence);

    [LoggerMessage(20, LogLevel.Information, "Asked to stop: {Reason}.")]
    internal static partial void StopAsked(this ILogger log, StopReason reason);

    [LoggerMessage(21, LogLevel.Warning, "The lease could not be renewed; the work goes on and the store is asked again.")]
    internal static partial void HeartbeatFailed(this ILogger log, Exception error);

    [LoggerMessage(22, LogLevel.Information, "The lease is renewed again.")]
    internal static partial void HeartbeatBack(this ILogger log);

    [LoggerMessage(30, LogLevel.Warning, "The store is away; metrics go to a local file until it is back.")]
    internal static partial void MetricsSpooled(this ILogger log, Exception error);

    [LoggerMessage(31, LogLevel.Information, "The store takes metrics again.")]
    internal static partial void MetricsBack(this ILogger log);

    [LoggerMessage(33, LogLevel.Warning, "What this attempt made cannot be stored at present; it waits and tries again every {Every}.")]
    internal static partial void StoreAway(this ILogger log, TimeSpan every, Exception error);

    [LoggerMessage(34, LogLevel.Information, "What this attempt made is stored after all.")]
    internal static partial void StoreBack(this ILogger log);

    [LoggerMessage(32, LogLevel.Warning, "The checkpoint of step {Step} could not be stored; a later one will make up for it.")]
    internal static partial void CheckpointNotStored(this ILogger log, long step, Exception error);

    [LoggerMessage(35, LogLevel.Error, "A checkpoint from before the training ended ({Ending}) could not be stored.")]
    internal static partial void CheckpointsNotStored(this ILogger log, string ending, Exception error);
}
