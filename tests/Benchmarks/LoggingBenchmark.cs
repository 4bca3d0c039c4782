using System.Diagnostics;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>What measuring costs a training step (<c>logging</c>): whole steps with it and without, in turn, and what it takes by itself.</summary>
internal static class LoggingBenchmark
{
    private const int Rounds = 12;
    private const int Windows = 2;

    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0, Groups = 8 },
        Objective = new TimedObjective(),
        Training = new TrainingSpec { Optimizer = new AdamOptimizer { LearningRate = 2e-3 }, Ema = [new WarmupEma { Decay = 0.995 }] },
    };

    public static int Run(string[] args)
    {
        if (args.Length > 0)
        {
            Console.Error.WriteLine($"logging takes no arguments; got {string.Join(' ', args)}.");
            return 2;
        }

        TensorMemory.Keep();
        set_num_threads(1);
        string folder = Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        try
        {
            // The order changes from round to round, so that neither always comes second.
            SecondsPerStep(folder, measures: true);
            double[] ratios = new double[Rounds];
            double[] without = new double[Rounds];
            for (int round = 0; round < Rounds; round++)
            {
                bool first = round % 2 == 0;
                double one = SecondsPerStep(folder, first);
                double other = SecondsPerStep(folder, !first);
                (double with, without[round]) = first ? (one, other) : (other, one);
                ratios[round] = with / without[round];
            }

            Array.Sort(ratios);
            double step = Median(without);
            Console.WriteLine($"step without measuring: {step * 1e3:F2} ms; with / without: median {Median(ratios):F4} of {Rounds} rounds, {ratios[0]:F4} to {ratios[^1]:F4}");
            double alone = SecondsAlone(Spec, 2000);
            Console.WriteLine($"measuring by itself, hand-overs included: {alone * 1e6:F1} us a step, {alone / step:P3} of it");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        RunSpec large = new() { Data = new Cifar10(), Training = new TrainingSpec { BatchSize = 16 } };
        double cifar = SecondsAlone(large, 40);
        Console.WriteLine($"by itself with the 35.7 M weights of the CIFAR-10 network, batch 16: {cifar * 1e3:F2} ms a step, which is that of a hand-over divided by {large.Training.LogEvery}");
        return 0;
    }

    private static double SecondsPerStep(string folder, bool measures) =>
        TimedObjective.SecondsPerStep(Spec, new TrainingSession { Folder = folder, Measures = measures }, Spec.Training.LogEvery * Windows);

    private static double SecondsAlone(RunSpec spec, int steps)
    {
        using DisposeScope scope = NewDisposeScope();
        using TrainingState state = new(spec, spec.Data.Shape.C, CPU);
        using TrainingLog log = new(spec.Training, new TrainingSession { Folder = "" }, state, _ => []);
        Tensor scalar = ones(1).sum();
        Tensor losses = ones(spec.Training.BatchSize);
        long[] t = new long[spec.Training.BatchSize];
        long began = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
        {
            state.Step = step + 1;
            log.Add(step, scalar, scalar, losses, t, 1e-3);
            if (state.Step % spec.Training.LogEvery == 0)
                log.Flush();
        }

        return Stopwatch.GetElapsedTime(began).TotalSeconds / steps;
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
    }
}
