namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A sweep's YAML is wrong: the message is one sentence that begins with <c>file:line:column:</c> and names path, value and way out.</summary>
/// <param name="message">The whole sentence.</param>
/// <param name="line">One-based.</param>
/// <param name="column">One-based.</param>
public sealed class SweepFileException(string message, int line, int column) : Exception(message)
{
    /// <summary>One-based.</summary>
    public int Line { get; } = line;

    /// <summary>One-based.</summary>
    public int Column { get; } = column;
}
