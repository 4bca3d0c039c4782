namespace DdpmJobs.Scheduler.Api;

/// <summary>Something in a run of a sweep that works, but perhaps not as meant.</summary>
/// <param name="Index">The run's place in the sweep, zero-based.</param>
/// <param name="Run">Its name.</param>
/// <param name="Path">Where in the run, as in <c>process.schedule</c>.</param>
/// <param name="Message">One sentence with the value and the way out.</param>
public sealed record WarningView(int Index, string Run, string Path, string Message);
