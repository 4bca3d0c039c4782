using Microsoft.Extensions.Logging;

namespace DdpmJobs.Tracking;

/// <summary>What Tracking says.</summary>
internal static partial class TrackingLog
{
    [LoggerMessage(1001, LogLevel.Error, "The checkpoint of run {RunId} at step {Step} ({File}) is missing or damaged; the one before it is used.")]
    public static partial void DamagedCheckpoint(ILogger log, Guid runId, long step, string file);

    [LoggerMessage(1002, LogLevel.Error, "The results of shard {Shard} of the evaluation of run {RunId} ({File}) are missing or damaged.")]
    public static partial void DamagedShard(ILogger log, Guid runId, int shard, string file);
}
