using System.Diagnostics;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>What follows the gradient, on 35.7 M parameters, against the time in which the memory moves the bytes that must be moved.</summary>
internal static class UpdateBenchmark
{
    private const int Rounds = 9;
    private const long Parameters = 35_746_307;

    // Read: weights, gradient (once for its norm, once for the step), both moments, average. Written: weights, both moments, average, and zeros to the gradient.
    private const int Moved = 6 + 5;

    public static int Run(string[] args)
    {
        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        TrainingSpec training = new() { WarmupSteps = 0 };
        Tensor values = ones(Parameters), gradient = ones(Parameters), first = zeros(Parameters), second = zeros(Parameters), average = ones(Parameters);
        List<double> updates = [], copies = [];
        for (int i = 0; i < Rounds + 2; i++)
        {
            gradient.fill_(0.001 * i);
            Stopwatch clock = Stopwatch.StartNew();
            WeightUpdate.Apply(training, i, values, gradient, [first, second], [average]).GradNorm.Dispose();
            gradient.zero_();
            double update = clock.Elapsed.TotalSeconds;
            clock.Restart();
            first.copy_(second);
            second.copy_(average);
            average.copy_(values);
            double copy = clock.Elapsed.TotalSeconds / 3;
            if (i >= 2)
            {
                updates.Add(update);
                copies.Add(copy);
            }
        }

        double bandwidth = 2 * sizeof(float) * Parameters / copies.Min();
        double limit = Moved * sizeof(float) * Parameters / bandwidth;
        double median = Benchmarks.Rounds.Median(updates);
        Console.WriteLine($"update: {median * 1e3:F1} ms for {Parameters} parameters; a copy moves {bandwidth / 1e9:F1} GB/s, so the {Moved} x 4 bytes a parameter take {limit * 1e3:F1} ms: {median / limit:F2} x (median of {Rounds})");
        return 0;
    }
}
