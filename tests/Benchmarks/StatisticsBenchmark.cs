using System.Diagnostics;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Summing up features of 2048 dimensions, against the matrix product of float64 that the same sums would take as a whole.</summary>
internal static class StatisticsBenchmark
{
    private const int Rounds = 5;
    private const int Dimensions = 2048;
    private const int Samples = 4096;
    private const int Batch = 64;

    public static int Run(string[] args)
    {
        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor features = rand([Samples, Dimensions]);
        Tensor[] batches = features.split(Batch);
        Tensor wide = features.to(ScalarType.Float64);
        List<double> updates = [], products = [];
        for (int i = 0; i < Rounds + 1; i++)
        {
            using FeatureTally tally = new(Dimensions);
            Stopwatch clock = Stopwatch.StartNew();
            foreach (Tensor batch in batches)
                tally.Add(batch);
            double update = clock.Elapsed.TotalSeconds;
            clock.Restart();
            wide.t().mm(wide).Dispose();
            double product = clock.Elapsed.TotalSeconds;
            if (i >= 1)
            {
                updates.Add(update);
                products.Add(product);
            }
        }

        double flops = 2.0 * Samples * Dimensions * Dimensions;
        double peak = flops / products.Min();
        double median = Benchmarks.Rounds.Median(updates);
        Console.WriteLine($"statistics: {median:F2} s for {Samples} samples of {Dimensions} dimensions in batches of {Batch}; the whole product of float64 takes {flops / peak:F2} s ({peak / 1e9:F0} GFLOP/s): {flops / peak / median:P0} of it (median of {Rounds})");
        return 0;
    }
}
