using System.Diagnostics;
using System.Globalization;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Peak memory of the statistics of samples in ten splits, and of a Fréchet distance with its error from them, each in a process of its own.</summary>
internal static class StatisticsMemoryBenchmark
{
    private const string Child = "--child";
    private const int Dimensions = 2048;
    private const int Splits = 10;
    private const int Batch = 50;

    private static readonly int[] Numbers = [25_000, 50_000, 100_000];

    public static int Run(string[] args)
    {
        if (args is [Child, string number])
            return Sum(int.Parse(number, CultureInfo.InvariantCulture));
        foreach (int samples in args.Length == 0 ? Numbers : [.. args.Select(number => int.Parse(number, CultureInfo.InvariantCulture))])
        {
            using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["statistics-memory", Child, samples.ToString(CultureInfo.InvariantCulture)]))!;
            child.WaitForExit();
            if (child.ExitCode != 0)
                return child.ExitCode;
        }

        return 0;
    }

    private static int Sum(int samples)
    {
        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();

        // Libraries are loaded, and threads have their buffers, before memory is counted.
        mm(rand([Dimensions, 64], float64), rand([64, Dimensions], float64)).Dispose();
        long start = Status("VmRSS");
        List<FeatureStatistics> parts = [];
        for (int split = 0; split < Splits; split++)
        {
            using FeatureTally tally = new(Dimensions);
            for (int done = 0; done < samples / Splits; done += Batch)
            {
                using Tensor features = rand([Batch, Dimensions]);
                tally.Add(features);
            }

            parts.Add(tally.Statistics());
        }

        long summed = Status("VmHWM");
        using FrechetReference reference = new(parts[0].Gaussian());
        double error = FrechetError.Jackknife(reference, parts);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"statistics-memory: {samples} samples of {Dimensions} dimensions in {Splits} splits: at most {Megabytes(summed - start):F0} MiB above the start, {Megabytes(Status("VmHWM") - start):F0} with a distance and its error ({error:G3})"));
        return 0;
    }

    private static double Megabytes(long kilobytes) => kilobytes / 1024.0;

    // In kB, as Linux tells it.
    private static long Status(string name) =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
