namespace DdpmJobs.Cli.Watching;

/// <summary>How far a sweep is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Runs">Its runs, in order.</param>
/// <param name="JobsDone">Jobs that are final.</param>
/// <param name="Jobs">Jobs in all.</param>
/// <param name="Elapsed">Time watched.</param>
/// <param name="Note">What the whole sweep waits for; may be empty.</param>
internal sealed record SweepProgress(string Name, IReadOnlyList<RunProgress> Runs, int JobsDone, int Jobs, TimeSpan Elapsed, string Note);
