using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>Reads a sweep's YAML and expands it to runs.</summary>
public static class SweepFile
{
    /// <summary>Parses, resolves, checks and expands.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="fileName">Named in errors; not opened.</param>
    /// <param name="submittedBy">Recorded with the sweep.</param>
    /// <exception cref="SweepFileException">The first thing that is wrong, with file:line:column.</exception>
    public static SweepDraft Parse(string yaml, string fileName, string submittedBy) => throw new NotImplementedException();
}
