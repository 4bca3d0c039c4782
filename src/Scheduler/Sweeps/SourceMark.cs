namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A place in a sweep's text.</summary>
/// <param name="Line">One-based.</param>
/// <param name="Column">One-based.</param>
internal readonly record struct SourceMark(int Line, int Column);
