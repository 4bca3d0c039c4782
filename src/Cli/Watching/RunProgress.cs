namespace DdpmJobs.Cli.Watching;

/// <summary>How far one run is, as a line of a display.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Phase"><c>train</c>, <c>evaluate</c> or <c>sample</c>: the job that is under way, else the next, else the last. The parts of an evaluation are one line, as in <c>evaluate (3/7 shards)</c>.</param>
/// <param name="State">State of that job; <c>done</c> when every job of the run is final and none failed.</param>
/// <param name="Done">Its work done; of an evaluation in parts that of all.</param>
/// <param name="Total">Its work in all; 0 while unknown.</param>
/// <param name="Unit">Unit of both.</param>
/// <param name="Loss">Newest training loss.</param>
/// <param name="ImagesPerSecond">Newest throughput of training.</param>
/// <param name="Remaining">Time left of this job, from its rate so far; null while unknown.</param>
/// <param name="BitsPerDim">Measured bound; null until it is.</param>
/// <param name="Note">What went wrong, or what is waited for; may be empty.</param>
internal sealed record RunProgress(
    string Run, string Phase, string State, long Done, long Total, string Unit, double? Loss, double? ImagesPerSecond, TimeSpan? Remaining, double? BitsPerDim, string Note)
{
    /// <summary>Whether nothing of the run is under way or to come.</summary>
    public bool IsFinal => State is "done" or "succeeded" or "failed" or "diverged" or "pruned" or "cancelled" or "skipped";
}
