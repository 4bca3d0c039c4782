using System.Globalization;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>How far the same training is apart on one and on two threads: <c>threads</c>. Resumed with another number of threads, a training is apart no further.</summary>
internal static class ThreadsBenchmark
{
    private static readonly int[] Lengths = [1, 10, 40, 100, 300];

    private static readonly (string Name, RunSpec Spec)[] Cases =
    [
        ("tiny: 4 channels, batch 8", Spec(new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2 }, 8)),
        ("small: 16 channels, multipliers 1, 2, batch 32", Spec(new DdpmUnet { Channels = 16, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0.1, Groups = 8 }, 32)),
        ("digits: 32 channels, multipliers 1, 2, batch 128", Spec(new DdpmUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0, Groups = 8 }, 128)),
    ];

    public static int Run(string[] args)
    {
        bool quick = args.Contains("--quick");
        TensorMemory.Keep();
        string folder = Directory.CreateTempSubdirectory("ddpm-threads-").FullName;
        try
        {
            Console.WriteLine("network | steps | first loss that differs | largest difference of a loss, relative | weights, relative to their norm");
            foreach ((string name, RunSpec spec) in Cases.Where(one => !args.Contains("digits") || one.Name.StartsWith("digits", StringComparison.Ordinal)))
            {
                foreach (int steps in Lengths.Where(length => !quick || length <= 100))
                {
                    RunSpec run = spec with { Training = spec.Training with { Steps = steps } };
                    (double[] losses, double[] weights) one = Train(run, 1, folder), two = Train(run, 2, folder);
                    int first = Enumerable.Range(0, steps).FirstOrDefault(step => one.losses[step] != two.losses[step], -1);
                    double loss = one.losses.Zip(two.losses, (a, b) => Math.Abs(a - b) / Math.Abs(a)).Max();
                    double apart = Math.Sqrt(one.weights.Zip(two.weights, (a, b) => (a - b) * (a - b)).Sum() / one.weights.Sum(a => a * a));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} | {steps} | {(first < 0 ? "none" : first)} | {loss:E1} | {apart:E1}"));
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static RunSpec Spec(Network network, int batch) => new()
    {
        Seed = 5,
        Data = new Optdigits(),
        Network = network,
        Training = new TrainingSpec { Steps = 1, BatchSize = batch, WarmupSteps = 5, Optimizer = new AdamOptimizer { LearningRate = 1e-3 }, Ema = [new WarmupEma { Decay = 0.9 }] },
    };

    private static (double[] Losses, double[] Weights) Train(RunSpec spec, int threads, string folder)
    {
        set_num_threads(threads);
        List<double> losses = [];
        TrainingEnd end = Trainer.Train(spec, new TrainingSession { Folder = folder, OnPoints = points => losses.AddRange(points.Loss) }, CancellationToken.None);
        using SafetensorsFile file = SafetensorsFile.Open(end.Checkpoint);
        List<double> weights = [];
        foreach (SafetensorEntry entry in file.Entries.Values.Where(entry => entry.Name.StartsWith("model.", StringComparison.Ordinal)))
        {
            float[] values = new float[entry.Length / sizeof(float)];
            file.Read(entry, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
            weights.AddRange(values.Select(value => (double)value));
        }

        return ([.. losses], [.. weights]);
    }
}
