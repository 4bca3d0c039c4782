using System.Collections.Concurrent;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>What the tiny sweep measures when nothing goes wrong: the embedded mode, run once for each length.</summary>
internal static class Undisturbed
{
    private static readonly ConcurrentDictionary<int, Lazy<Task<string[]>>> Known = new();

    /// <summary>Every number of the sweep; see <see cref="Curves"/>.</summary>
    /// <param name="steps">Optimiser steps a run.</param>
    public static Task<string[]> CurvesAsync(int steps) => Known.GetOrAdd(steps, _ => new(() => RunAsync(steps))).Value;

    private static async Task<string[]> RunAsync(int steps)
    {
        using var scratch = new ScratchFolder();
        await using CliProcess run = CliProcess.Start(scratch.Path, new Dictionary<string, string>(), "run", TinySweep.Write(scratch.Path, "undisturbed", steps));
        Assert.True(await run.EndAsync(Team.Limit) == 0, run.Describe());
        string[] curves = await Curves.OfSqliteAsync(EmbeddedStore.FileOf(scratch.Path));
        Assert.True(curves.Length > 2 * steps);
        return curves;
    }
}
