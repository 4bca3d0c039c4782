using System.Diagnostics;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>The simple objective, which notes when each step calls it: the time between two calls is that of a whole step with all that stands around it.</summary>
[Kind("timed", Summary = "simple, with the time of each call", Source = "benchmark")]
internal sealed record TimedObjective : Objective
{
    // Time stamps of the stopwatch.
    private static List<long> Begun { get; } = [];

    /// <summary>Trains a run of this objective, and gives the mean seconds of a whole step.</summary>
    /// <param name="spec">The run, but for its number of steps.</param>
    /// <param name="session">Where, and what is measured.</param>
    /// <param name="steps">Steps that count.</param>
    /// <param name="skipped">Steps before them.</param>
    public static double SecondsPerStep(RunSpec spec, TrainingSession session, int steps, int skipped = 0)
    {
        Begun.Clear();
        Trainer.Train(spec with { Training = spec.Training with { Steps = skipped + steps + 1 } }, session, CancellationToken.None);
        return Stopwatch.GetElapsedTime(Begun[skipped], Begun[skipped + steps]).TotalSeconds / steps;
    }

    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        Begun.Add(Stopwatch.GetTimestamp());
        return new SimpleObjective().Losses(inputs);
    }
}
