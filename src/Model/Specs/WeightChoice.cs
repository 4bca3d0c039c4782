using System.Globalization;

namespace DdpmJobs.Model.Specs;

/// <summary>Which of a training's weights a spec means: <c>raw</c>, the last ones, or <c>ema.0</c>, <c>ema.1</c> and so on, a moving average by its place in training.ema.</summary>
internal static class WeightChoice
{
    /// <summary>The weights themselves.</summary>
    public const string Raw = "raw";

    /// <summary>The first moving average.</summary>
    public const string FirstEma = "ema.0";

    /// <summary>What the names of these weights begin with in a checkpoint.</summary>
    /// <param name="weights">As the specs write it.</param>
    public static string PrefixOf(string weights) => weights == Raw ? "model" : weights;

    /// <summary>Throws when a run has no such weights.</summary>
    /// <param name="weights">The words of the spec.</param>
    /// <param name="run">The run.</param>
    /// <param name="path">Where the record with the member stands in the run.</param>
    /// <exception cref="SpecException">The weights are none of the run's.</exception>
    public static void Check(string weights, RunSpec run, string path)
    {
        string[] known = [Raw, .. run.Training.Ema.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"ema.{i}"))];
        if (!known.Contains(weights))
            throw new SpecException(SpecPath.Member(path, "weights"), $"must be one of {string.Join(", ", known)}, which this run's training keeps; got \"{weights}\"");
    }
}
