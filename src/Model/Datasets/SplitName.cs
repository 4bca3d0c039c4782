namespace DdpmJobs.Model.Datasets;

/// <summary>The names of the splits in specs.</summary>
internal static class SplitName
{
    /// <summary>The held-out images.</summary>
    public const string Test = "test";

    /// <summary>The images that are trained on.</summary>
    public const string Train = "train";

    /// <summary>The split of a name.</summary>
    /// <param name="name">One of the names above.</param>
    public static Split Of(string name) => name == Train ? Split.Train : Split.Test;
}
