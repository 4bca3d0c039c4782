using System.Diagnostics;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>The simple objective, which notes when each step calls it: the time between two calls is that of a whole step with all that stands around it.</summary>
[Kind("timed", Summary = "simple, with the time of each call", Source = "benchmark")]
internal sealed record TimedObjective : Objective
{
    /// <summary>Time stamps of <see cref="Stopwatch"/>.</summary>
    public static List<long> Begun { get; } = [];

    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        Begun.Add(Stopwatch.GetTimestamp());
        return new SimpleObjective().Losses(inputs);
    }
}
