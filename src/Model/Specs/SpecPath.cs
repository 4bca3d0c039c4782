namespace DdpmJobs.Model.Specs;

/// <summary>Builds the paths that errors name, as in <c>training.ema[1].decay</c>.</summary>
public static class SpecPath
{
    /// <summary>The path of a member.</summary>
    /// <param name="path">Path of the record; empty for the whole spec.</param>
    /// <param name="name">The member, in snake_case; empty for the record itself.</param>
    public static string Member(string path, string name) =>
        path.Length == 0 ? name : name.Length == 0 ? path : $"{path}.{name}";

    /// <summary>The path of an element of a list.</summary>
    /// <param name="path">Path of the list.</param>
    /// <param name="index">Zero-based.</param>
    public static string Element(string path, int index) => $"{path}[{index}]";
}
