using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>
/// What of a training step of the digits setting does not grow with its images (<c>overhead</c>): managed code, the calls into libtorch, its dispatch, and the update of the weights.
/// A step of one image is nearly nothing else, so it bounds from above what managed code takes of a step.
/// </summary>
internal static class OverheadBenchmark
{
    private const int Rounds = 7;
    private const int Steps = 20;

    public static int Run(string[] args)
    {
        if (args.Length > 0)
        {
            Console.Error.WriteLine($"overhead takes no arguments; got {string.Join(' ', args)}.");
            return 2;
        }

        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        string folder = Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        try
        {
            SecondsPerStep(folder, 1);
            List<double> one = [], whole = [];
            for (int round = 0; round < Rounds; round++)
            {
                one.Add(SecondsPerStep(folder, 1));
                whole.Add(SecondsPerStep(folder, 128));
            }

            (double first, double second) = (Benchmarks.Rounds.Median(one), Benchmarks.Rounds.Median(whole));
            Console.WriteLine($"overhead digits: a step of 1 image takes {first * 1e3:F1} ms, one of 128 images {second * 1e3:F1} ms: at most {first / second:P1} of it is managed code (medians of {Rounds})");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static double SecondsPerStep(string folder, int batch)
    {
        RunSpec spec = new()
        {
            Data = new Optdigits(),
            Network = Setting.Named(["digits"])[0].Network,
            Objective = new TimedObjective(),
            Training = new TrainingSpec { BatchSize = batch },
        };
        return TimedObjective.SecondsPerStep(spec, new TrainingSession { Folder = folder }, Steps, skipped: 2);
    }
}
