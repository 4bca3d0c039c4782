using DdpmJobs.Cli.Results;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Watching;

/// <summary>Reads what the server says of a sweep into what a display shows.</summary>
internal sealed class ProgressReader(TimeProvider clock)
{
    private static readonly string[] Final = ["succeeded", "failed", "diverged", "pruned", "cancelled", "skipped"];

    private readonly RateMeter _rates = new(clock);
    private readonly long _since = clock.GetTimestamp();

    /// <summary>How far the sweep is.</summary>
    /// <param name="sweep">What the server says of it.</param>
    /// <param name="idle">Why no runner will take its jobs; empty when one may.</param>
    public SweepProgress Read(SweepDetail sweep, string idle)
    {
        List<JobView> jobs = [.. sweep.Runs.SelectMany(r => r.Jobs)];
        int done = jobs.Count(IsFinal);
        string note = done == jobs.Count ? (sweep.SweepGridExpected ? "making the picture of the sweep" : "")
            : IsWaiting(sweep) ? (idle.Length > 0 ? idle : Waiting(jobs))
            : "";
        return new SweepProgress(sweep.Summary.Name, [.. sweep.Runs.Select(Read)], done, jobs.Count, clock.GetElapsedTime(_since), note);
    }

    /// <summary>Whether there is work and nobody does it.</summary>
    public static bool IsWaiting(SweepDetail sweep)
    {
        List<JobView> jobs = [.. sweep.Runs.SelectMany(r => r.Jobs)];
        return !jobs.TrueForAll(IsFinal) && !jobs.Exists(j => j.State is "running" or "stopping");
    }

    private string Waiting(List<JobView> jobs)
    {
        // A job that failed is held back for a while before it is tried again.
        List<TimeSpan> waits = [.. jobs.Where(j => j.State == "ready").Select(j => j.AvailableAt - clock.GetUtcNow().UtcDateTime)];
        return waits.Count > 0 && waits.TrueForAll(w => w > TimeSpan.Zero) ? $"the next try is in {Wording.Duration(waits.Min())}" : "waiting for a runner";
    }

    private RunProgress Read(RunDetail run)
    {
        // Show the job that is under way; between jobs the next one; at the end what decided the run.
        JobView? job = run.Jobs.FirstOrDefault(j => j.State is "running" or "stopping")
            ?? run.Jobs.FirstOrDefault(j => !IsFinal(j))
            ?? run.Jobs.FirstOrDefault(j => j.State is "failed" or "diverged" or "cancelled" or "pruned")
            ?? (run.Jobs.Count > 0 ? run.Jobs[^1] : null);
        bool allWell = run.Jobs.All(j => j.State == "succeeded");
        (string phase, int attempt, long done, long total) = job is { Shard: not null } ? Together(run) : (job?.Kind ?? "", job?.Attempt ?? 0, job?.Done ?? 0, job?.Total ?? 0);
        TimeSpan? remaining = job is { State: "running" } ? _rates.Remaining(job.Shard is null ? job.Id : run.Id, attempt, done, total) : null;
        bool training = job is { Kind: "train", State: "running" };
        return new RunProgress(
            run.Name, phase, allWell ? "done" : job!.State, done, total, job?.Unit ?? "",
            Last(run, MetricNames.Loss), training ? Last(run, MetricNames.ImagesPerSecond) : null, remaining,
            Bound(run), allWell ? "" : job?.Error ?? "");
    }

    // The parts of an evaluation as one work. Those that nobody has begun count as much as the others do on average; a part that is repeated begins the count anew.
    private static (string Phase, int Attempt, long Done, long Total) Together(RunDetail run)
    {
        List<JobView> shards = [.. run.Jobs.Where(j => j.Shard is not null)];
        List<JobView> begun = [.. shards.Where(j => j.Total > 0)];
        long total = begun.Count > 0 ? (long)Math.Round(begun.Sum(j => j.Total) * ((double)shards.Count / begun.Count)) : 0;
        return ($"{shards[0].Kind} ({shards.Count(j => j.State == "succeeded")}/{shards.Count} shards)", shards.Sum(j => Math.Max(0, j.Attempt - 1)), begun.Sum(j => j.Done), total);
    }

    // Of several bounds that of the held-out images, which is the one to compare.
    private static double? Bound(RunDetail run)
        => (run.Evaluations.LastOrDefault(e => e.Metric == MetricNames.Nll) ?? run.Evaluations.LastOrDefault(e => e.Unit == MetricNames.BitsPerDim))?.Value;

    private static bool IsFinal(JobView job) => Final.Contains(job.State);

    private static double? Last(RunDetail run, string metric) => run.Last.TryGetValue(metric, out PointView? point) ? point.Value : null;
}
