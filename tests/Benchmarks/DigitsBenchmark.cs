using System.Diagnostics;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Times the digits setting on one thread: <c>train-step</c>, <c>sample</c>, <c>nll</c>, or all of them.</summary>
internal static class DigitsBenchmark
{
    private static readonly RunSpec Spec = new()
    {
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 32, Multipliers = [1, 2], Blocks = 1, Attention = [4], Dropout = 0, Groups = 8 },
        Training = new TrainingSpec { Steps = 60, WarmupSteps = 20, Optimizer = new AdamOptimizer { LearningRate = 2e-3 }, Ema = [new WarmupEma { Decay = 0.995 }] },
        Evaluation = new EvaluationSpec { Metrics = [new NllMetric { TimestepsPerImage = 16 }] },
        Sampling = new SamplingSpec { Sampler = new DdimSampler { Steps = 50 } },
    };

    public static int Run(string[] args)
    {
        string[] known = ["train-step", "sample", "nll"];
        string[] chosen = args.Length == 0 ? known : args;
        if (chosen.Except(known).FirstOrDefault() is { } unknown)
        {
            Console.Error.WriteLine($"There is no benchmark \"{unknown}\"; the benchmarks are {string.Join(", ", known)}.");
            return 2;
        }

        NativeMemory.Keep();
        set_num_threads(1);
        double peak = ConvolutionPeak();
        Console.WriteLine($"peak of a 3x3 convolution 128->128 at 32x32: {peak / 1e9:F1} GFLOP/s on one thread");
        string folder = Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        try
        {
            TrainingEnd end = TrainStep(folder, peak, chosen.Contains("train-step"));
            if (chosen.Contains("sample"))
            {
                Stopwatch clock = Stopwatch.StartNew();
                SampleWriter.Write(Spec, end.Checkpoint, "cpu", null, folder, null, CancellationToken.None);
                Report("sample", clock, (long)Spec.Sampling.Count * Spec.Sampling.Sampler.NetworkEvaluations(Spec.Process.Timesteps), peak);
            }

            if (chosen.Contains("nll"))
            {
                Stopwatch clock = Stopwatch.StartNew();
                long evaluations = 0;
                Evaluator.Evaluate(Spec, end.Checkpoint, "cpu", null, (_, all) => evaluations = all, CancellationToken.None);
                Report("nll", clock, evaluations, peak);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static TrainingEnd TrainStep(string folder, double peak, bool report)
    {
        // The first hand-over has the start of libtorch in it.
        List<double> rates = [];
        TrainingSession session = new() { Folder = folder, OnPoints = points => rates.Add(points.ImagesPerSecond) };
        TrainingEnd end = Trainer.Train(Spec, session, CancellationToken.None);
        double rate = rates.Skip(1).Average();
        if (report)
            Console.WriteLine($"train-step: {rate:F0} images/s, {rate * 3 * ForwardFlops() / peak:P0} of the peak");
        return end;
    }

    private static void Report(string name, Stopwatch clock, long evaluations, double peak)
    {
        double rate = evaluations / clock.Elapsed.TotalSeconds;
        Console.WriteLine($"{name}: {clock.Elapsed.TotalSeconds:F2} s, {rate:F0} network evaluations of images/s, {rate * ForwardFlops() / peak:P0} of the peak");
    }

    /// <summary>Floating point operations of one image's forward pass in the convolutions: two for each weight at each place it is used.</summary>
    private static double ForwardFlops()
    {
        using nn.Module<Tensor, Tensor, Tensor> network = Spec.Network.Build(1, 1, 8, 0, new DropoutContext(0));
        double flops = 0;
        foreach ((string name, TorchSharp.Modules.Parameter weight) in network.named_parameters())
        {
            if (weight.dim() != 4)
                continue;

            // Level 1 is at 4 x 4 but for its upsampling convolution; so are the middle and the output of the halving.
            bool small = (name.Contains(".1.", StringComparison.Ordinal) && !name.StartsWith("up.0", StringComparison.Ordinal) && !name.StartsWith("up.1.upsample", StringComparison.Ordinal))
                || name.StartsWith("mid", StringComparison.Ordinal) || name.StartsWith("down.0.downsample", StringComparison.Ordinal);
            flops += 2.0 * weight.numel() * (small ? 16 : 64);
        }

        return flops;
    }

    private static double ConvolutionPeak()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor x = ones(16, 128, 32, 32);
        Tensor weight = ones(128, 128, 3, 3);
        const double Flops = 2.0 * 16 * 128 * 32 * 32 * 128 * 9;
        double best = double.MaxValue;
        for (int i = 0; i < 6; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            using Tensor y = nn.functional.conv2d(x, weight, padding: [1, 1]);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return Flops / best;
    }
}
