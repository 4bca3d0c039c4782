using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Passes of the Inception network with random weights, as metrics of sample quality ask for them, in turns with the peer's.</summary>
internal static class FeatureBenchmark
{
    private const int Pairs = 5;

    public static int Run(string[] args)
    {
        bool alone = args.Contains("--alone");
        if (!alone && !Peer.IsThere())
            return 2;
        NativeMemory.Keep();
        int threads = Number("--threads", Setting.Threads);
        set_num_threads(threads);

        using SyntheticInception weights = new();
        InceptionNetwork network = weights.Network;
        int batch = Number("--batch", network.LargestPass);
        JsonObject setting = new() { ["batch"] = batch, ["threads"] = threads };
        using Peer? peer = alone ? null : new Peer("inception_peer.py", setting.ToJsonString());
        using Tensor images = full([batch, 3, 299, 299], 100, float32);
        network.Of(images, CancellationToken.None).Dispose();
        foreach (string layout in Peer.Layouts)
            peer?.Ask($"forward {layout} 1");

        Rounds rounds = new("inception", "features");
        for (int i = 0; i < Pairs; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            network.Of(images, CancellationToken.None).Dispose();
            double ours = batch / clock.Elapsed.TotalSeconds;
            rounds.Add(ours, [.. Peer.Layouts.Select(layout => peer is null ? double.NaN : batch / peer.Ask($"forward {layout} 1"))]);
        }

        rounds.Report();
        return 0;

        int Number(string option, int otherwise) =>
            Array.IndexOf(args, option) is int at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
