using System.Text.Json.Nodes;
using DdpmJobs.Tracking.Jobs;

namespace DdpmJobs.Scheduler.Api;

/// <summary>Says of an attempt what a person must know who compares its numbers with another's.</summary>
internal static class AttemptNote
{
    /// <summary>One sentence where it went on from a checkpoint that was made under other conditions, or nobody knows under which; else null.</summary>
    /// <remarks>The runner writes <c>resumed_from</c> into the attempt's environment: step, exact (true, false or null) and reason.</remarks>
    public static string? Of(Attempt attempt)
    {
        if (Views.Object(attempt.Environment)["resumed_from"] is not JsonObject resumed || resumed["reason"] is not { } reason)
        {
            return null;
        }

        string bits = resumed["exact"] is null ? "whether bit for bit as if never stopped is not known" : "equal within rounding to a training that was never stopped, not bit for bit";
        return $"attempt {attempt.Fence} went on from step {resumed["step"]} {reason}: {bits}";
    }
}
