using System.Diagnostics;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>The products of attention with their gradients (<c>attention</c>), against libtorch's operators for the same and against its fused operator.</summary>
internal static class AttentionBenchmark
{
    private const int Rounds = 15;

    private static readonly (string Name, int Images, int Pixels, int Channels)[] Cases =
    [
        ("small, 16 x 16", 64, 256, 64),
        ("cifar10, 16 x 16", 16, 256, 256),
        ("digits, 4 x 4", 128, 16, 64),
    ];

    public static int Run(string[] args)
    {
        if (args.Length > 0)
        {
            Console.Error.WriteLine($"attention takes no arguments; got {string.Join(' ', args)}.");
            return 2;
        }

        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        foreach ((string name, int images, int pixels, int channels) in Cases)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor q = rand(images, pixels, channels), k = rand(images, pixels, channels), v = rand(images, pixels, channels), dy = rand(images, pixels, channels);
            double scale = 1 / Math.Sqrt(channels);
            Func<Tensor>[] ways =
            [
                () => AttentionProducts.Of(q, k, v, scale),
                () => bmm(bmm(q.mul(scale), k.transpose(1, 2)).softmax(-1), v),
                () => nn.functional.scaled_dot_product_attention(q.unsqueeze(1), k.unsqueeze(1), v.unsqueeze(1)).squeeze(1),
            ];
            foreach (bool learns in (bool[])[false, true])
            {
                foreach (Tensor input in (Tensor[])[q, k, v])
                    input.requires_grad_(learns);
                List<double>[] seconds = [[], [], []];
                for (int round = 0; round < Rounds; round++)
                {
                    for (int way = 0; way < ways.Length; way++)
                        seconds[way].Add(Seconds(ways[way], learns ? dy : null));
                }

                double[] medians = [.. seconds.Select(Benchmarks.Rounds.Median)];
                double flops = (learns ? 6 : 2) * 2.0 * images * pixels * pixels * channels;
                Console.WriteLine($"attention {name}, {(learns ? "with gradients" : "forward")}: ours {medians[0] * 1e3:F2} ms ({flops / medians[0] / 1e9:F0} GFLOP/s), operators {medians[1] * 1e3:F2} ms, fused operator {medians[2] * 1e3:F2} ms");
            }
        }

        return 0;
    }

    private static double Seconds(Func<Tensor> way, Tensor? gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable? quiet = gradient is null ? no_grad() : null;
        Stopwatch clock = Stopwatch.StartNew();
        Tensor y = way();
        if (gradient is not null)
            y.backward([gradient]);
        return clock.Elapsed.TotalSeconds;
    }
}
