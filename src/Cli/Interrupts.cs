using System.Runtime.InteropServices;
using DdpmJobs.Cli.Errors;

namespace DdpmJobs.Cli;

/// <summary>Ctrl-C and the other polite signals: the first asks to stop, the second ends the process at once.</summary>
internal sealed partial class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly List<PosixSignalRegistration> _registrations = [];

    public Interrupts()
    {
        foreach (PosixSignal signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _asked.Token;

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _asked.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_asked.IsCancellationRequested)
        {
            EndAtOnce();
        }

        // Continuations of the cancellation must not hold up the handler, which the second signal needs.
        _ = _asked.CancelAsync();
    }

    // Environment.Exit runs exit handlers first: Hangfire's waits for its server, and libtorch's destructors run under threads that still compute.
    private static void EndAtOnce()
    {
        if (!OperatingSystem.IsWindows())
        {
            ExitProcess(ExitCode.Interrupted);
        }

        Environment.Exit(ExitCode.Interrupted);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitProcess(int code);
}
