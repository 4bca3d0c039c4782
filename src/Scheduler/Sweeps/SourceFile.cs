namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>A sweep's text by the name a person knows it under.</summary>
/// <param name="Name">As it stands in errors.</param>
internal sealed record SourceFile(string Name)
{
    /// <summary>An error at a place of the file.</summary>
    /// <param name="mark">The place.</param>
    /// <param name="sentence">Path, value and way out.</param>
    public SweepFileException Error(SourceMark mark, string sentence) =>
        new($"{Name}:{mark.Line}:{mark.Column}: {sentence}", mark.Line, mark.Column);
}
