using DdpmJobs.Model.Training;
using DdpmJobs.Scheduler.Api;
using DdpmJobs.Tracking.Metrics;

namespace DdpmJobs.Scheduler.Dashboard;

/// <summary>The training loss of a run: by step, by step for each quarter of t, and its newest values over t.</summary>
internal static class LossSection
{
    private const string Loss = "train/loss";

    /// <summary>Whether <see cref="OfAsync"/> shows this metric's newest value better than a table does.</summary>
    public static bool Shows(string metric) => metric.StartsWith(Loss + "_t", StringComparison.Ordinal);

    /// <summary>Reads and lays out the section.</summary>
    /// <returns>Nothing where no step was logged.</returns>
    public static async Task<Markup> OfAsync(RunDetail run, MetricStore metrics, CancellationToken cancel)
    {
        if (!run.Last.ContainsKey(Loss))
        {
            return Markup.None;
        }

        long timesteps = (long?)run.Spec?["process"]?["timesteps"] ?? 0;
        List<(string, IReadOnlyList<MetricPoint>)> quarters = [];
        for (int i = 0; i < 4; i++)
        {
            if (run.Last.ContainsKey($"{Loss}_q{i}"))
            {
                quarters.Add((Range(i, 4, timesteps), await metrics.ReadAsync(run.Id, $"{Loss}_q{i}", cancel)));
            }
        }

        // The newest mean of each bin, at the middle of its timesteps.
        int bins = (int)Math.Min(TrainingPoints.LossBins, timesteps);
        List<MetricPoint> overT = [.. Enumerable.Range(0, bins)
            .Where(i => run.Last.ContainsKey($"{Loss}_t{i:D2}")).Select(i => new MetricPoint((First(i, bins, timesteps) + First(i + 1, bins, timesteps) - 1) / 2, run.Last[$"{Loss}_t{i:D2}"].Value))];
        return Markup.Of(
            $"<h3>Training loss</h3>{MetricCurve.Draw(await metrics.ReadAsync(run.Id, Loss, cancel))}{(quarters.Count == 0 ? Markup.None : Markup.Of($"<h4>By quarter of t <small>mean of each hand-over, without the weights of the timestep sampler</small></h4>{MetricCurve.DrawLines(quarters, "loss by quarter of t")}"))}{(overT.Count == 0 ? Markup.None : Markup.Of($"<h4>Newest, over t <small>mean of each of {bins} bins</small></h4>{MetricCurve.Draw(overT, "newest loss", across: "t")}"))}");
    }

    private static string Range(int bin, int bins, long timesteps) => $"t = {First(bin, bins, timesteps)} to {First(bin + 1, bins, timesteps) - 1}";

    // t lies in bin B t / T, rounded down.
    private static long First(int bin, int bins, long timesteps) => ((bin * timesteps) + bins - 1) / bins;
}
