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
    public SweepProgress Read(SweepDetail sweep)
    {
        List<JobView> jobs = [.. sweep.Runs.SelectMany(r => r.Jobs)];
        int done = jobs.Count(IsFinal);
        string note = done == jobs.Count && sweep.SweepGridExpected ? "making the picture of the sweep"
            : done < jobs.Count && !jobs.Exists(j => j.State is "running" or "stopping") ? "waiting for a runner"
            : "";
        return new SweepProgress(sweep.Summary.Name, [.. sweep.Runs.Select(Read)], done, jobs.Count, clock.GetElapsedTime(_since), note);
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
            run.Evaluations.LastOrDefault(e => e.Unit == MetricNames.BitsPerDim)?.Value, allWell ? "" : job?.Error ?? "");
    }

    private static bool IsFinal(JobView job) => Final.Contains(job.State);

    private static double? Last(RunDetail run, string metric) => run.Last.TryGetValue(metric, out PointView? point) ? point.Value : null;
}
