using System.Diagnostics;
using System.Globalization;

namespace DdpmJobs.Chaos.Tests;

/// <summary>A running <see cref="TrainHost"/>, and the hand that kills it.</summary>
internal sealed class TrainProcess : IDisposable
{
    /// <summary>Milliseconds between two checkpoints; a step takes about as long.</summary>
    private const int CheckpointMilliseconds = 4;

    private readonly Process _process;
    private readonly FileSystemWatcher _watcher;
    private readonly List<string> _errors = [];
    private readonly TaskCompletionSource<long> _begins = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _killed;

    private TrainProcess(Process process, string folder)
    {
        _process = process;
        _watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName, InternalBufferSize = 1 << 16 };
        process.OutputDataReceived += (_, line) => TakeOutput(line.Data);
        process.ErrorDataReceived += (_, line) => TakeError(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Whether it ended because it was killed.</summary>
    public bool WasKilled => _process.ExitCode == 128 + 9;

    /// <summary>Whether it came to the end of the training.</summary>
    public bool EndedInOrder => _process.ExitCode == 0;

    /// <summary>The step that it went on from; 0 where it began, or came to no step.</summary>
    public long FirstStep => _begins.Task.IsCompletedSuccessfully ? _begins.Task.Result : 0;

    /// <summary>Checkpoints that it passed over because they were damaged.</summary>
    public int Damaged { get; private set; }

    /// <summary>What <see cref="TrainHost"/> is told: one thread, and a checkpoint every few milliseconds.</summary>
    public static string[] Arguments(string spec, string folder) => [spec, folder, CheckpointMilliseconds.ToString(CultureInfo.InvariantCulture), "1"];

    /// <summary>Starts it.</summary>
    public static TrainProcess Start(string spec, string folder)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string program = Path.Combine(AppContext.BaseDirectory, "DdpmJobs.Chaos.Tests.dll");
        foreach (string argument in (string[])[program, TrainHost.Verb, .. Arguments(spec, folder)])
            start.ArgumentList.Add(argument);
        return new TrainProcess(new Process { StartInfo = start }, folder);
    }

    /// <summary>Waits until its training is about to begin.</summary>
    /// <returns>The step that it goes on from.</returns>
    public long WaitForBegin(TimeSpan limit)
    {
        Task.WaitAny([_begins.Task, _process.WaitForExitAsync()], limit);
        return _begins.Task.IsCompletedSuccessfully ? _begins.Task.Result : throw new InvalidOperationException($"The training did not begin. {Describe()}");
    }

    /// <summary>Waits until it ends by itself, in order.</summary>
    public void RequireEnd(TimeSpan limit)
    {
        if (!_process.WaitForExit(limit))
            throw new TimeoutException($"The training did not end within {limit}. {Describe()}");
        _process.WaitForExit();
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"The training failed. {Describe()}");
    }

    /// <summary>Kills it after some time.</summary>
    public void KillAfter(TimeSpan time, TimeSpan limit)
    {
        _process.WaitForExit(time);
        Kill();
        End(limit);
    }

    /// <summary>Kills it at a moment of the first checkpoint that holds at least some number of steps.</summary>
    /// <param name="moment">Which.</param>
    /// <param name="step">Steps.</param>
    /// <param name="chance">In [0, 1): where in the time that the moment leaves.</param>
    public void KillWhen(KillMoment moment, long step, double chance, TimeSpan limit)
    {
        // The watcher's own thread kills: whatever waits for a signal comes too late for a write of a millisecond.
        _watcher.Created += (_, file) =>
        {
            if (moment != KillMoment.AfterRename && IsTemporaryOf(file.Name, step))
            {
                Spin(moment == KillMoment.InsideWrite ? 0.5 * chance : 4 * CheckpointMilliseconds * chance);
                Kill();
            }
        };
        _watcher.Renamed += (_, file) =>
        {
            if (moment == KillMoment.AfterRename && StepOf(file.Name) >= step)
                Kill();
        };
        _watcher.EnableRaisingEvents = true;
        End(limit);
    }

    /// <summary>Exit code and errors, for a message.</summary>
    public string Describe() => $"Exit code {(_process.HasExited ? _process.ExitCode : "none")}; errors: {string.Join('\n', _errors)}";

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _watcher.Dispose();
        _process.Dispose();
    }

    private static void Spin(double milliseconds)
    {
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalMilliseconds < milliseconds)
            Thread.SpinWait(20);
    }

    // .step-00000012.safetensors.0199…tmp
    private static bool IsTemporaryOf(string? name, long step) => name is ['.', ..] && StepOf(name[1..]) >= step;

    private static long StepOf(string? name)
        => name is not null && name.StartsWith("step-", StringComparison.Ordinal) && long.TryParse(name.AsSpan(5, 8), NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1;

    private void End(TimeSpan limit)
    {
        if (!_process.WaitForExit(limit))
            throw new TimeoutException($"The training was neither killed nor did it end within {limit}. {Describe()}");
        _process.WaitForExit();
    }

    // On Unix this is SIGKILL.
    private void Kill()
    {
        if (Interlocked.Exchange(ref _killed, 1) == 0 && !_process.HasExited)
            _process.Kill();
    }

    private void TakeOutput(string? line)
    {
        if (line is not null && line.StartsWith(TrainHost.Begins, StringComparison.Ordinal))
            _begins.TrySetResult(long.Parse(line.AsSpan(TrainHost.Begins.Length), CultureInfo.InvariantCulture));
    }

    private void TakeError(string? line)
    {
        if (line is null)
            return;
        lock (_errors)
            _errors.Add(line);
        if (line.Contains(TrainHost.Damaged, StringComparison.Ordinal))
            Damaged++;
    }
}
