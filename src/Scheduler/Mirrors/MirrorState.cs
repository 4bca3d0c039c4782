using System.Globalization;
using DdpmJobs.Tracking.Jobs;
using Hangfire.Common;
using Hangfire.States;
using Job = DdpmJobs.Tracking.Jobs.Job;

namespace DdpmJobs.Scheduler.Mirrors;

/// <summary>A state of our own as Hangfire shows it, named as <see cref="JobState"/>. <c>Succeeded</c> and <c>Failed</c> share Hangfire's names and data, so that its counters and pages list them.</summary>
public sealed class MirrorState : IState
{
    /// <summary>The key of the attempt's number.</summary>
    internal const string Attempt = "Attempt";

    /// <summary>The key of how many jobs a blocked one still waits for.</summary>
    internal const string WaitsFor = "Waits for";

    private readonly Dictionary<string, string> _data;

    private MirrorState(string name, bool isFinal, string reason, Dictionary<string, string> data)
    {
        Name = name;
        IsFinal = isFinal;
        Reason = reason;
        _data = data;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public string Reason { get; }

    /// <summary>Final mirrors expire in Hangfire's time; failed ones wait for a person, as Hangfire's own do.</summary>
    public bool IsFinal { get; }

    /// <inheritdoc />
    public bool IgnoreJobLoadException => true;

    /// <summary>Whether a job in this state moves no more by itself.</summary>
    public static bool IsEnd(JobState state) => state is not (JobState.Blocked or JobState.Ready or JobState.Running or JobState.Stopping);

    /// <summary>The state that shows a job as it is.</summary>
    /// <param name="job">The job.</param>
    /// <param name="runner">Name of the runner that holds or held it; empty when none.</param>
    /// <param name="note">What a person's click led to; null to give the job's own reason.</param>
    public static MirrorState Of(Job job, string runner, string? note)
    {
        ArgumentNullException.ThrowIfNull(job);
        Dictionary<string, string> data = new()
        {
            ["Job"] = job.Id.ToString(),
            [Attempt] = job.Fence.ToString(CultureInfo.InvariantCulture),
        };
        if (job.State == JobState.Blocked)
        {
            data[WaitsFor] = string.Create(CultureInfo.InvariantCulture, $"{job.UnmetDependencies} job(s)");
        }

        if (runner.Length > 0)
        {
            data["Runner"] = runner;
        }

        if (job.ProgressTotal > 0)
        {
            data["Progress"] = string.Create(CultureInfo.InvariantCulture, $"{job.ProgressDone} of {job.ProgressTotal} {job.ProgressUnit}");
        }

        AddStockData(job, data);
        return new MirrorState(job.State.ToString(), IsEnd(job.State) && job.State != JobState.Failed, note ?? ReasonOf(job), data);
    }

    /// <inheritdoc />
    public Dictionary<string, string> SerializeData() => new(_data);

    private static void AddStockData(Job job, Dictionary<string, string> data)
    {
        // Hangfire's own pages read these keys of the two stock states and fail without them.
        if (job.State == JobState.Succeeded)
        {
            DateTime ended = job.EndedAt ?? job.StateChangedAt;
            data["SucceededAt"] = JobHelper.SerializeDateTime(ended);
            data["PerformanceDuration"] = Milliseconds(ended - (job.StartedAt ?? ended));
            data["Latency"] = Milliseconds((job.StartedAt ?? ended) - job.CreatedAt);
        }
        else if (job.State == JobState.Failed)
        {
            data["FailedAt"] = JobHelper.SerializeDateTime(job.EndedAt ?? job.StateChangedAt);
            data["ExceptionType"] = "Job failed";
            data["ExceptionMessage"] = job.Error ?? "";
            data["ExceptionDetails"] = job.Error ?? "";
        }
    }

    private static string ReasonOf(Job job) => job.State switch
    {
        JobState.Blocked => $"Waits for {job.UnmetDependencies} job(s).",
        JobState.Stopping => $"Asked to stop: {job.StopReason?.ToString().ToLowerInvariant()}.",
        _ => job.Error ?? "",
    };

    private static string Milliseconds(TimeSpan span) => ((long)Math.Max(0, span.TotalMilliseconds)).ToString(CultureInfo.InvariantCulture);
}
