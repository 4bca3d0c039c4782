using System.Diagnostics;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Convolutions of 3 × 3 with their gradients (<c>convolution</c>), against libtorch's in its better layout.</summary>
internal static class ConvolutionBenchmark
{
    private const string Alone = "--alone";
    private const int Repeats = 9;
    private const int RepeatsAlone = 200; // to be looked at with a profiler

    private static readonly (string Name, int Images, int Side, int In, int Out)[] Cases =
    [
        ("cifar10, 32 x 32", 16, 32, 128, 128),
        ("cifar10, 32 x 32, on the way up", 16, 32, 256, 128),
        ("cifar10, 16 x 16", 16, 16, 256, 256),
        ("cifar10, 16 x 16, on the way up", 16, 16, 512, 256),
        ("cifar10, 8 x 8", 16, 8, 256, 256),
        ("cifar10, 4 x 4", 16, 4, 256, 256),
        ("small, 32 x 32", 64, 32, 32, 32),
        ("small, 16 x 16", 64, 16, 64, 64),
        ("small, 8 x 8", 64, 8, 64, 64),
        ("digits, 8 x 8", 128, 8, 32, 32),
        ("digits, 4 x 4", 128, 4, 64, 64),
    ];

    public static int Run(string[] args)
    {
        if (args.FirstOrDefault(arg => arg != Alone && !Cases.Any(one => one.Name.StartsWith(arg, StringComparison.Ordinal))) is { } unknown)
        {
            Console.Error.WriteLine($"convolution takes {Alone} and beginnings of {string.Join("; ", Cases.Select(one => one.Name))}; got {unknown}.");
            return 2;
        }

        bool alone = args.Contains(Alone);
        string[] names = [.. args.Where(arg => arg != Alone)];
        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        foreach ((string name, int images, int side, int inChannels, int outChannels) in Cases.Where(one => names.Length == 0 || names.Any(name => one.Name.StartsWith(name, StringComparison.Ordinal))))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = rand(images, inChannels, side, side), weight = rand(outChannels, inChannels, 3, 3), bias = rand(outChannels), dy = rand(images, outChannels, side, side);
            Tensor[] first = [x, weight, bias, dy], last = [LastChannels.Of(x), LastChannels.Of(weight), bias, LastChannels.Of(dy)];
            (Func<Tensor, Tensor, Tensor, Tensor> Convolve, Tensor[] Inputs)[] ways =
            [
                ((x, weight, bias) => WinogradConvolution.Convolve(x, weight, bias, 1), last),
                ((x, weight, bias) => nn.functional.conv2d(x, weight, bias, padding: [1, 1]), last),
                ((x, weight, bias) => nn.functional.conv2d(x, weight, bias, padding: [1, 1]), first),
            ];
            foreach (bool learns in (bool[])[false, true])
            {
                List<double>[] seconds = [[], [], []];
                for (int round = 0; round < (alone ? RepeatsAlone : Repeats); round++)
                {
                    for (int way = 0; way < (alone ? 1 : ways.Length); way++)
                        seconds[way].Add(Seconds(ways[way].Convolve, ways[way].Inputs, learns));
                }

                double[] medians = [.. seconds.Select(Rounds.Median)];
                double libtorch = alone ? double.NaN : Math.Min(medians[1], medians[2]);
                double flops = (learns ? 6 : 2) * 9.0 * images * side * side * inChannels * outChannels;
                Console.WriteLine($"convolution {name}, {inChannels} to {outChannels}, {(learns ? "with gradients" : "forward")}: ours {medians[0] * 1e3:F2} ms ({flops / medians[0] / 1e9:F0} direct GFLOP/s), libtorch {libtorch * 1e3:F2} ms ({flops / libtorch / 1e9:F0}): {libtorch / medians[0]:F2} x");
            }
        }

        return 0;
    }

    private static double Seconds(Func<Tensor, Tensor, Tensor, Tensor> convolve, Tensor[] inputs, bool learns)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable? quiet = learns ? null : no_grad();
        Tensor[] leaves = [.. inputs[..3].Select(input => input.detach().requires_grad_(learns))];
        Stopwatch clock = Stopwatch.StartNew();
        Tensor y = convolve(leaves[0], leaves[1], leaves[2]);
        if (learns)
            y.backward([inputs[3]]);
        return clock.Elapsed.TotalSeconds;
    }
}
