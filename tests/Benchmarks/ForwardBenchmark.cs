using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Network evaluations as samplers ask for them, in turns with the peer's, and against the machine's speed on the network's own convolutions.</summary>
internal static class ForwardBenchmark
{
    private const int Pairs = 7;

    public static int Run(string[] args) => Peer.InTurns(args, Measure);

    private static void Measure(Setting setting, Peer? peer)
    {
        using IDisposable quiet = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> network = setting.Build();
        Tensor x = ones(setting.Batch, setting.Images.Channels, setting.Images.Size, setting.Images.Size);
        Tensor t = full(setting.Batch, 500, dtype: ScalarType.Int64);
        network.forward(x, t).Dispose();
        foreach (string layout in Peer.Layouts)
            peer?.Ask($"forward {layout} 1");

        Rounds rounds = new(setting.Name, "forward");
        List<double> limits = [];
        ConvolutionLimit limit = new(network, x, t);
        for (int i = 0; i < Pairs; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            for (int evaluation = 0; evaluation < setting.Evaluations; evaluation++)
                network.forward(x, t).Dispose();
            double ours = Rate(clock.Elapsed.TotalSeconds);
            limits.Add(limit.Seconds());
            rounds.Add(ours, [.. Peer.Layouts.Select(layout => peer is null ? double.NaN : Rate(peer.Ask($"forward {layout} {setting.Evaluations}")))]);
        }

        rounds.Report();
        double best = limits.Min();
        Console.WriteLine($"  its convolutions alone, each in its better layout: {best * 1e3:F1} ms, {limit.Flops / best / 1e9:F0} GFLOP/s; ours reaches {rounds.Ours / setting.Batch * best:P0} of that speed"
            + $" ({limit.Flops * rounds.Ours / setting.Batch / 1e9:F0} GFLOP/s)");

        double Rate(double seconds) => setting.Evaluations * setting.Batch / seconds;
    }
}
