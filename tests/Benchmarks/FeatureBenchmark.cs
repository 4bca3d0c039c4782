using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Passes of the Inception network with random weights, as metrics of sample quality ask for them, in turns with the peer's.</summary>
internal static class FeatureBenchmark
{
    private const int Pairs = 5;
    private const int Warmups = 3;
    private const int MatrixSize = 2048;

    private static readonly string[] HalvingEnds = ["Mixed_6a.branch3x3", "Mixed_6a.branch3x3dbl_3", "Mixed_7a.branch3x3_2", "Mixed_7a.branch7x7x3_4"];

    public static int Run(string[] args)
    {
        bool alone = args.Contains("--alone");
        if (!alone && !Peer.IsThere())
            return 2;
        TensorMemory.Keep();
        int threads = Number("--threads", Setting.Threads);
        set_num_threads(threads);

        using SyntheticInception weights = new();
        InceptionNetwork network = weights.Network;
        int batch = Number("--batch", network.LargestPass);
        JsonObject setting = new() { ["batch"] = batch, ["threads"] = threads };
        using Peer? peer = alone ? null : new Peer("inception_peer.py", setting.ToJsonString());
        using Tensor images = full([batch, 3, 299, 299], 100, float32);
        for (int i = 0; i < Warmups; i++)
            network.Of(images, CancellationToken.None).Dispose();
        foreach (string layout in Peer.Layouts)
            peer?.Ask($"forward {layout} 1");

        Rounds rounds = new("inception", "features");
        ConvolutionLimit limit = Convolutions(batch);
        using Tensor matrix = rand([MatrixSize, MatrixSize]);
        List<double> convolutions = [], products = [];
        for (int i = 0; i < Pairs; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            network.Of(images, CancellationToken.None).Dispose();
            double ours = batch / clock.Elapsed.TotalSeconds;
            convolutions.Add(limit.Seconds());
            clock.Restart();
            matrix.mm(matrix).Dispose();
            products.Add(clock.Elapsed.TotalSeconds);
            rounds.Add(ours, [.. Peer.Layouts.Select(layout => peer is null ? double.NaN : batch / peer.Ask($"forward {layout} 1"))]);
        }

        rounds.Report();
        double speed = limit.Flops / batch * rounds.Ours;
        double peak = limit.Flops / convolutions.Min(), product = 2 * Math.Pow(MatrixSize, 3) / products.Min();
        Console.WriteLine($"  {limit.Flops / batch / 1e9:F1} GFLOP an image in convolutions: {speed / 1e9:F0} GFLOP/s. Each of them alone in its better layout: {peak / 1e9:F0}, of which ours reaches {speed / peak:P0}; "
            + $"a product of {MatrixSize} x {MatrixSize}: {product / 1e9:F0}, {speed / product:P0}");
        return 0;

        int Number(string option, int otherwise) =>
            Array.IndexOf(args, option) is int at and >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }

    // All convolutions by the names of their weights; the part before the first dot says the size of its input.
    private static ConvolutionLimit Convolutions(int batch)
    {
        ConvolutionLimit limit = new();
        foreach (ForeignTensor tensor in InceptionFile.Layout.Tensors.Where(tensor => tensor.Name.EndsWith(".conv.weight", StringComparison.Ordinal)))
        {
            string block = tensor.Name.Split('.')[0];
            long size = block switch
            {
                "Conv2d_1a_3x3" => 299,
                "Conv2d_2a_3x3" => 149,
                "Conv2d_2b_3x3" => 147,
                "Conv2d_3b_1x1" or "Conv2d_4a_3x3" => 73,
                "Mixed_6a" => 35,
                "Mixed_7a" => 17,
                _ => block[6] switch { '5' => 35, '6' => 17, _ => 8 },
            };
            bool halves = block == "Conv2d_1a_3x3" || HalvingEnds.Any(end => tensor.Name.EndsWith($"{end}.conv.weight", StringComparison.Ordinal));
            bool same = !halves && block is not ("Conv2d_2a_3x3" or "Conv2d_4a_3x3");
            long[] padding = same ? [tensor.Shape[2] / 2, tensor.Shape[3] / 2] : [0, 0];
            limit.Add([batch, tensor.Shape[1], size, size], [.. tensor.Shape], halves ? 2 : 1, padding);
        }

        return limit;
    }
}
