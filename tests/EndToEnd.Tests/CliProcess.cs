using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>A running <c>ddpm</c>, started as a user would start it, with its output.</summary>
internal sealed partial class CliProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();

    private CliProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Take(_errors, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Standard output so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Standard error so far.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <summary>Starts <c>ddpm</c> in a folder with extra environment variables.</summary>
    public static CliProcess Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "DdpmJobs.Cli.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return new CliProcess(new Process { StartInfo = start });
    }

    /// <summary>A loopback port that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(TimeSpan limit)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"ddpm did not end within {limit}.\n{Describe()}");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits until a line with this text has been printed.</summary>
    public async Task SeenAsync(string text, TimeSpan limit)
    {
        TaskCompletionSource seen = _awaited.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Output.Contains(text, StringComparison.Ordinal) || Errors.Contains(text, StringComparison.Ordinal))
            return;
        if (await Task.WhenAny(seen.Task, _process.WaitForExitAsync(), Task.Delay(limit)) != seen.Task && !(Output + Errors).Contains(text, StringComparison.Ordinal))
            throw new TimeoutException($"'{text}' was not printed within {limit}.\n{Describe()}");
    }

    /// <summary>Sends SIGINT, as Ctrl-C does.</summary>
    public void Interrupt() => Send(2);

    /// <summary>Sends SIGTERM, as a service manager does.</summary>
    public void Terminate() => Send(15);

    /// <summary>Sends SIGKILL.</summary>
    public void KillHard() => Send(9);

    /// <summary>Output and errors for a failed assertion.</summary>
    public string Describe() => $"arguments: {string.Join(' ', _process.StartInfo.ArgumentList.Skip(1))}\n--- output\n{Output}\n--- errors\n{Errors}";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Send(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    private void Take(ConcurrentQueue<string> lines, string? line)
    {
        if (line is null)
            return;
        lines.Enqueue(line);
        foreach ((string text, TaskCompletionSource seen) in _awaited)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                seen.TrySetResult();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
