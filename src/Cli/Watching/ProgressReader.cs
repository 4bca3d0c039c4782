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
        TimeSpan? remaining = job is { State: "running" } ? _rates.Remaining(job.Id, job.Attempt, job.Done, job.Total) : null;
        bool training = job is { Kind: "train", State: "running" };
        return new RunProgress(
            run.Name, job?.Kind ?? "", allWell ? "done" : job!.State, job?.Done ?? 0, job?.Total ?? 0, job?.Unit ?? "",
            Last(run, MetricNames.Loss), training ? Last(run, MetricNames.ImagesPerSecond) : null, remaining,
            Bound(run), allWell ? "" : job?.Error ?? "");
    }

    // Of several bounds that of the held-out images, which is the one to compare.
    private static double? Bound(RunDetail run)
        => (run.Evaluations.LastOrDefault(e => e.Metric == MetricNames.Nll) ?? run.Evaluations.LastOrDefault(e => e.Unit == MetricNames.BitsPerDim))?.Value;

    private static bool IsFinal(JobView job) => Final.Contains(job.State);

    private static double? Last(RunDetail run, string metric) => run.Last.TryGetValue(metric, out PointView? point) ? point.Value : null;
}
