using System.Globalization;
using DdpmJobs.Cli.Client;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Verbs;

/// <summary>How a person names a run: by its id, or as <c>SWEEP/INDEX</c>.</summary>
internal static class RunReference
{
    /// <summary>What the argument means, in words.</summary>
    public const string Words = "a run's id, or SWEEP/INDEX such as digits/0";

    /// <summary>Finds the run.</summary>
    /// <returns>Its id; null where the text names no run but may name a sweep.</returns>
    public static async Task<Guid?> FindAsync(ApiClient api, string text, CancellationToken cancel)
    {
        if (Guid.TryParse(text, out Guid id))
        {
            return id;
        }

        int slash = text.LastIndexOf('/');
        if (slash < 0)
        {
            return null;
        }

        SweepDetail sweep = await api.SweepAsync(text[..slash], cancel);
        return int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int index) && sweep.Runs.FirstOrDefault(r => r.Index == index) is { } run
            ? run.Id
            : throw new CliException($"sweep {sweep.Summary.Name} has runs 0 to {sweep.Runs.Count - 1}; got '{text[(slash + 1)..]}'");
    }
}
