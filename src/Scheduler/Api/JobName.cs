namespace DdpmJobs.Scheduler.Api;

/// <summary>Jobs as people call them.</summary>
internal static class JobName
{
    /// <summary>As in <c>train</c> or, for a part of an evaluation, <c>evaluate 3 of 7</c>.</summary>
    /// <param name="kind">What it does.</param>
    /// <param name="shard">Which part, zero-based; people count from one.</param>
    /// <param name="shards">How many parts there are.</param>
    public static string Of(string kind, int? shard, int shards) => shard is { } part ? $"{kind} {part + 1} of {shards}" : kind;
}
