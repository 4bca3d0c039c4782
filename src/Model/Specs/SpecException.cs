namespace DdpmJobs.Model.Specs;

/// <summary>A spec is wrong and no retry can help: the message names the value and the way out, <see cref="Path"/> the place.</summary>
/// <param name="path">Where in the spec, as in <c>process.schedule.beta_end</c> or <c>grid.training.steps[1]</c>; empty for the whole.</param>
/// <param name="message">One sentence with the offending value.</param>
public sealed class SpecException(string path, string message)
    : Exception(path.Length == 0 ? message : $"{path}: {message}")
{
    /// <summary>Where in the spec; empty for the whole.</summary>
    public string Path { get; } = path;

    /// <summary>The sentence without the path.</summary>
    public string Reason { get; } = message;

    /// <summary>Whether the member that the path names does not exist, so that its name and not its value is what is wrong.</summary>
    public bool NamesMember { get; init; }
}
