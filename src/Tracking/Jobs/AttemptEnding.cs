namespace DdpmJobs.Tracking.Jobs;

/// <summary>How a runner ends an attempt.</summary>
public abstract record AttemptEnding
{
    private AttemptEnding()
    {
    }

    /// <summary>The work is done.</summary>
    /// <param name="Reason">Why, where that is not plain, as in a training that ended before its last step.</param>
    /// <param name="Progress">How much was done where that is not all that was reported as the total.</param>
    public sealed record Succeeded(string Reason = "", JobProgress? Progress = null) : AttemptEnding;

    /// <summary>An error; retried with backoff when <paramref name="Retryable"/> and attempts are left, else final.</summary>
    /// <param name="Message">One sentence.</param>
    /// <param name="Stack">The whole exception; kept with the attempt.</param>
    /// <param name="Retryable">False for a wrong spec.</param>
    public sealed record Failed(string Message, string Stack, bool Retryable) : AttemptEnding;

    /// <summary>The training became unstable.</summary>
    /// <param name="Message">Step, cause, batch and last good checkpoint in a few sentences; what the job says.</param>
    /// <param name="Detail">The same and more as a JSON object, with the whole batch; kept with the attempt below the message. Empty where there is none.</param>
    public sealed record Diverged(string Message, string Detail = "") : AttemptEnding;

    /// <summary>Stopped as asked by <see cref="Job.StopReason"/>: cancelled, pruned, or back to ready.</summary>
    public sealed record Stopped : AttemptEnding;

    /// <summary>Given back unfinished, as at a shutdown: back to ready at once, attempt not counted.</summary>
    /// <param name="Reason">Why, in words.</param>
    public sealed record HandedBack(string Reason) : AttemptEnding;
}
