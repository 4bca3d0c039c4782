namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>One member of a mapping.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mark">Where its name begins.</param>
/// <param name="Value">Its value.</param>
internal sealed record SourceMember(string Name, SourceMark Mark, SourceNode Value);
