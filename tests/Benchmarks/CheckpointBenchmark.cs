using System.Diagnostics;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Times a checkpoint of the CIFAR-10 network of Ho et al. 2020 (35.7 million parameters, one average, Adam): how long training is held, and how long the file takes beside it.</summary>
internal static class CheckpointBenchmark
{
    private const int Rounds = 7;

    private static readonly RunSpec Spec = new()
    {
        Data = new Cifar10(),
        Network = new DdpmUnet(),
        Training = new TrainingSpec(),
    };

    /// <summary>Runs it.</summary>
    /// <param name="args">A folder to write to; a temporary one by default.</param>
    public static int Run(string[] args)
    {
        TensorMemory.Keep();
        set_num_threads(1);
        string folder = args.Length > 0 ? args[0] : Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        using TrainingState state = new(Spec, 3, CPU) { DataHash = new string('0', 64) };
        long bytes = state.Buffers().Sum(buffer => buffer.Buffer.numel()) * sizeof(float);
        Console.WriteLine($"state: {state.Values.numel() / 1e6:F1} M parameters, {bytes / 1e6:F0} MB with averages and moments; this machine copies {CopySpeed() / 1e9:F1} GB/s on one thread");

        List<double> held = [];
        List<double> written = [];
        using CheckpointWriter writer = new(state, new TrainingSession { Folder = folder });
        for (int i = 0; i <= Rounds; i++)
        {
            state.Step = i;

            // What the training thread does at a checkpoint: look whether every weight is finite, and copy.
            Stopwatch clock = Stopwatch.StartNew();
            using (NewDisposeScope())
            {
                if (!state.Values.isfinite().all().item<bool>())
                    return 1;
            }

            writer.Begin(isKept: false, bestOf: []);
            held.Add(clock.Elapsed.TotalSeconds);

            // What another thread does meanwhile.
            writer.Finish();
            written.Add(clock.Elapsed.TotalSeconds - held[^1]);
            File.Delete(writer.Newest!.Path);
        }

        // The first makes the room that the others use again.
        double first = held[0];
        double median = held.Skip(1).Order().ElementAt(Rounds / 2);
        Console.WriteLine($"training is held {median * 1e3:F0} ms ({median / 60:P2} of a minute), {first * 1e3:F0} ms the first time");
        Console.WriteLine($"the file is written beside it in {written.Skip(1).Order().ElementAt(Rounds / 2):F2} s (hash, write, flush to the disk, rename)");
        if (args.Length == 0)
            Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static double CopySpeed()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor from = zeros(1 << 26);
        Tensor to = zeros(1 << 26);
        double best = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            to.copy_(from);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return (double)sizeof(float) * (1 << 26) / best;
    }
}
