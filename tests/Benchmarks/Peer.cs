using System.Diagnostics;
using System.Globalization;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Benchmarks;

/// <summary>A process with the same network in PyTorch (Peer/peer.py, Peer/inception_peer.py), which takes one command at a time.</summary>
internal sealed class Peer : IDisposable
{
    public static readonly string[] Layouts = ["contiguous", "channels_last"];

    private const string Python = "/usr/bin/python3";

    private readonly Process _process;

    public Peer(Setting setting)
        : this("peer.py", setting.ForPeer())
    {
    }

    /// <param name="script">Its program, in Peer/.</param>
    /// <param name="setting">What it is told, as JSON.</param>
    public Peer(string script, string setting)
    {
        ProcessStartInfo start = new(Python, [Path.Combine(AppContext.BaseDirectory, "Peer", script), setting])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove(TensorMemory.Tunables);
        _process = Process.Start(start)!;
    }

    /// <summary>Measures settings one after the other, each with a peer of its own.</summary>
    /// <param name="args">Names of settings, none for all; <c>--alone</c> for no peer.</param>
    /// <param name="measure">Given the setting and its peer.</param>
    /// <returns>The exit code.</returns>
    public static int InTurns(string[] args, Action<Setting, Peer?> measure)
    {
        const string Alone = "--alone";
        bool alone = args.Contains(Alone);
        if (!alone && !IsThere())
            return 2;
        TensorMemory.Keep();
        TorchSharp.torch.set_num_threads(Setting.Threads);
        foreach (Setting setting in Setting.Named([.. args.Where(arg => arg != Alone)]))
        {
            using Peer? peer = alone ? null : new Peer(setting);
            measure(setting, peer);
        }

        return 0;
    }

    /// <summary>Whether PyTorch is there; says how to get it where it is not.</summary>
    public static bool IsThere()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(Python, ["-c", "import torch"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0)
                return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
        }

        Console.Error.WriteLine("The peer needs PyTorch, and a fast BLAS beside it (the reference BLAS makes it several times slower): "
            + "apt-get install --no-install-recommends python3-torch libopenblas0-openmp");
        return false;
    }

    /// <summary>The peer's answer, a number.</summary>
    public double Ask(string command)
    {
        _process.StandardInput.WriteLine(command);
        string? line = _process.StandardOutput.ReadLine();
        return line is null ? throw new InvalidOperationException($"The peer ended at \"{command}\".") : double.Parse(line, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
