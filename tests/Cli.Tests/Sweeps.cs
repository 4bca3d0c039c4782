using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Tests;

/// <summary>Sweeps as the server tells of them, and one as a file.</summary>
internal static class Sweeps
{
    public const string Yaml = """
        name: two
        run:
          data: optdigits
          network: { kind: ddpm_unet, channels: 16, multipliers: [1], blocks: 1, attention: [], groups: 8 }
          training: { steps: 7, batch_size: 3, warmup_steps: 2, ema: warmup }
        grid:
          process.prediction: [epsilon, v]
        """;

    public static SweepDetail Of(params RunDetail[] runs)
    {
        Dictionary<string, int> jobs = runs.SelectMany(r => r.Jobs).GroupBy(j => j.State).ToDictionary(g => g.Key, g => g.Count());
        SweepSummary summary = new(Guid.CreateVersion7(), "two", "running", "me", DateTime.UnixEpoch, runs.Length, jobs);
        return new SweepDetail(summary, [.. runs.Select((r, i) => r with { Index = i })], [], false);
    }

    public static RunDetail Run(string name, IReadOnlyList<JobView> jobs, params EvaluationView[] evaluations)
        => new(Guid.CreateVersion7(), Guid.Empty, 0, name, [], "", null, jobs, new Dictionary<string, PointView>(), evaluations, [], null, []);

    public static JobView Job(string kind, string state, long done = 0, long total = 0, string? error = null)
        => new(Guid.CreateVersion7(), kind, state, 1, done, total, "steps", null, error, DateTime.UnixEpoch, DateTime.UnixEpoch, DateTime.UnixEpoch.AddSeconds(90));

    /// <summary>An evaluation in parts that are in these states, and the job that puts them together.</summary>
    public static IEnumerable<JobView> Shards(string together, params string[] states)
        => [.. states.Select((state, i) => Job("evaluate", state, error: state == "failed" ? $"no room for {i}" : null) with { Shard = i }), Job("evaluate", together)];

    public static EvaluationView Nll(double value, string protocol = "a", bool lower = true)
        => new("nll", value, 0.01, "bits/dim", lower, protocol, new JsonObject(), new Dictionary<string, double> { ["prior_bits_per_dim"] = 0.25 }, []);
}
