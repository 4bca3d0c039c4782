using System.Diagnostics;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Benchmarks;

/// <summary>Peak memory of a training of a few steps, each in a process of its own.</summary>
internal static class MemoryBenchmark
{
    private const string Child = "--child";
    private const int Steps = 4;

    public static int Run(string[] args)
    {
        if (args is [Child, string name])
            return Train(Setting.Named([name])[0]);
        if (!Peer.IsThere())
            return 2;
        foreach (Setting setting in Setting.Named(args))
        {
            double ours = Here(setting);
            double theirs = Peer.Layouts.Min(layout => There(setting, layout));
            Console.WriteLine($"memory {setting.Name}: peak {ours / 1e6:F0} MB against PyTorch's {theirs / 1e6:F0} MB: {ours / theirs:F2} x");
        }

        return 0;
    }

    private static double There(Setting setting, string layout)
    {
        using Peer peer = new(setting);
        peer.Ask($"step {layout} {Steps}");
        return peer.Ask("peak");
    }

    private static double Here(Setting setting)
    {
        using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["memory", Child, setting.Name]) { RedirectStandardOutput = true })!;
        string answer = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return double.Parse(answer, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static int Train(Setting setting)
    {
        TensorMemory.Keep();
        set_num_threads(Setting.Threads);
        string folder = Directory.CreateTempSubdirectory("ddpm-benchmark-").FullName;
        try
        {
            setting.WritePictures(folder);
            using CancellationTokenSource stop = new();
            TrainingSession session = new() { Folder = folder, DataFolder = folder, OnPoints = _ => stop.Cancel() };
            Trainer.Train(setting.Spec with { Training = setting.Spec.Training with { LogEvery = Steps } }, session, stop.Token);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        Console.WriteLine(1024L * long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    }
}
