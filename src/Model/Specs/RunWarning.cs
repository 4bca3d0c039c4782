namespace DdpmJobs.Model.Specs;

/// <summary>Something in a run that works, but perhaps not as meant.</summary>
/// <param name="Path">Where in the run, as in <c>process.schedule</c>.</param>
/// <param name="Message">One sentence with the value and the way out.</param>
public sealed record RunWarning(string Path, string Message);
