using System.Text;
using DdpmJobs.Cli.Client;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Results;

/// <summary>Copies a sweep's pictures to files that a person can find.</summary>
internal static class PictureFiles
{
    private const int LongestName = 80;

    /// <summary>The folder for a sweep inside another, unique to it.</summary>
    public static string FolderOf(SweepSummary sweep, string inside)
        // The end of the id: its beginning is the time, equal for sweeps of the same minute.
        => Path.Combine(inside, $"{SafeName(sweep.Name)}-{sweep.Id.ToString("N")[^8..]}");

    /// <summary>Copies the newest picture of each run, and that of the sweep.</summary>
    /// <returns>The files, that of the sweep last.</returns>
    public static async Task<IReadOnlyList<string>> SaveAsync(SweepDetail sweep, ApiClient api, string folder, CancellationToken cancel)
    {
        List<(ArtifactView Picture, string Name)> wanted = [];
        int width = Math.Max(2, (sweep.Runs.Count - 1).ToString().Length);
        foreach (RunDetail run in sweep.Runs)
        {
            if (run.Artifacts.LastOrDefault(a => a.Kind == "sample_grid" && !a.Dropped) is { } grid)
            {
                wanted.Add((grid, $"{run.Index.ToString().PadLeft(width, '0')}-{SafeName(run.Name)}.png"));
            }
        }

        if (sweep.Artifacts.LastOrDefault(a => a.Kind == "sweep_grid" && !a.Dropped) is { } all)
        {
            wanted.Add((all, "sweep.png"));
        }

        if (wanted.Count > 0)
        {
            Directory.CreateDirectory(folder);
        }

        foreach ((ArtifactView picture, string name) in wanted)
        {
            await api.DownloadAsync(picture.Id, Path.Combine(folder, name), cancel);
        }

        return [.. wanted.Select(w => Path.Combine(folder, w.Name))];
    }

    /// <summary>A name of a-z, 0-9 and =._- only, which no file system takes for a path.</summary>
    public static string SafeName(string name)
    {
        StringBuilder safe = new();
        foreach (char c in name.ToLowerInvariant())
        {
            char kept = char.IsAsciiLetterOrDigit(c) || c is '=' or '.' or '_' or '-' ? c : '-';
            if (kept != '-' || safe.Length == 0 || safe[^1] != '-')
            {
                safe.Append(kept);
            }
        }

        string text = safe.ToString(0, Math.Min(safe.Length, LongestName)).Trim('.', '-');
        return text.Length > 0 ? text : "unnamed";
    }
}
