namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>One axis of a grid: a place in the run and the values it takes.</summary>
/// <param name="Path">The place, as in <c>process.schedule</c>.</param>
/// <param name="Mark">Where the path stands in the file.</param>
/// <param name="Values">At least one.</param>
internal sealed record Axis(string Path, SourceMark Mark, IReadOnlyList<SourceNode> Values)
{
    /// <summary>The names on the way to the place.</summary>
    public string[] Names { get; } = Path.Split('.');
}
