using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;

namespace DdpmJobs.Chaos.Tests;

/// <summary>A process that begins two trainings at the same moment, as a runner with two slots does.</summary>
internal static class PairHost
{
    /// <summary>The first argument that makes the program this.</summary>
    public const string Verb = "pair";

    /// <summary>Trains both: a folder.</summary>
    public static int Run(string[] args)
    {
        TensorMemory.Keep();
        using Barrier start = new(2);
        Thread[] threads = [.. Enumerable.Range(1, 2).Select(seed => new Thread(() => Train(seed, args[0], start)))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        return 0;
    }

    private static void Train(int seed, string folder, Barrier start)
    {
        torch.set_num_threads(1);
        RunSpec spec = new()
        {
            Seed = seed,
            Data = new Optdigits(),
            Network = new DdpmUnet { Channels = 8, Multipliers = [1, 2], Blocks = 1, Attention = [4], Groups = 4 },
            Training = new TrainingSpec { Steps = 2, BatchSize = 8 },
        };
        start.SignalAndWait();
        Trainer.Train(spec, new TrainingSession { Folder = Directory.CreateDirectory(Path.Combine(folder, $"{seed}")).FullName }, CancellationToken.None);
    }
}
