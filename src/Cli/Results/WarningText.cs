using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Results;

/// <summary>Tells a person what in a sweep's runs is possible but seldom meant.</summary>
internal static class WarningText
{
    /// <summary>Writes one line a warning to standard error, so that a sweep of many runs shows which.</summary>
    /// <param name="sweep">The sweep's name or id.</param>
    /// <param name="warnings">The warnings; null from a server that knows of none.</param>
    /// <param name="terminal">Where to.</param>
    public static void Write(string sweep, IReadOnlyList<WarningView>? warnings, Terminal terminal)
    {
        foreach (WarningView warning in warnings ?? [])
        {
            terminal.Error.WriteLine($"ddpm: warning: run {sweep}/{warning.Index} ({warning.Run}): {warning.Path}: {warning.Message}");
        }
    }
}
