using System.Diagnostics;
using System.Globalization;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>How long the classifier of a data set trains, and how many of the test images it knows.</summary>
internal static class ClassifierBenchmark
{
    private const int Cifar10TestImages = 1000;

    private static readonly Dictionary<string, Dataset> Sets = new()
    {
        ["optdigits"] = new Optdigits(),
        ["mnist"] = new Mnist(),
        ["cifar10"] = new Cifar10 { TestImages = Cifar10TestImages },
    };

    public static int Run(string[] args)
    {
        string? data = Option("--data");
        int threads = Option("--threads") is string number ? int.Parse(number, CultureInfo.InvariantCulture) : Setting.Threads;
        string[] named = [.. args.Where(Sets.ContainsKey)];
        TensorMemory.Keep();
        set_num_threads(threads);
        string folder = Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        try
        {
            foreach ((string name, Dataset set) in Sets.Where(one => named.Length == 0 || named.Contains(one.Key)))
            {
                ImageSet train = set.Load(Split.Train, data);
                ImageSet test = set.Load(Split.Test, TestFolder(name, data, folder));
                Stopwatch clock = Stopwatch.StartNew();
                using ClassifierNetwork network = ClassifierNetwork.Open(train, set.LabelCount!.Value, Path.Combine(folder, "cache"), null, "cpu", null, Console.Error.WriteLine, CancellationToken.None);
                double seconds = clock.Elapsed.TotalSeconds;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"classifier {name}: {seconds:F1} s on {threads} threads, knows {Known(network, test):P2} of {test.Count} test images"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;

        string? Option(string option) => Array.IndexOf(args, option) is int at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }

    // The first of CIFAR-10's test images lie in a file of their own.
    private static string? TestFolder(string name, string? data, string folder)
    {
        string first = Path.Combine(data ?? folder, name, $"test_batch_first{Cifar10TestImages}.bin.gz");
        if (!File.Exists(first))
            return data;
        Directory.CreateDirectory(Path.Combine(folder, name));
        File.Copy(first, Path.Combine(folder, name, "test_batch.bin.gz"));
        return folder;
    }

    private static double Known(ClassifierNetwork network, ImageSet test)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor levels = (test.Batch([.. Enumerable.Range(0, test.Count)]) + 1) * 127.5f;
        using FeatureOutputs outputs = network.Of(levels, CancellationToken.None);
        long[] classes = outputs.Logits.argmax(1).data<long>().ToArray();
        return Enumerable.Range(0, test.Count).Count(i => classes[i] == test.Labels[i]) / (double)test.Count;
    }
}
