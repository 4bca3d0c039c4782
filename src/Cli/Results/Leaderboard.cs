using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Results;

/// <summary>The runs of a sweep, ranked within each metric and protocol.</summary>
/// <param name="Groups">In order of metric and protocol, bounds on the likelihood first.</param>
/// <param name="Differences">Of each metric that was measured in several ways, in which members its protocols differ: a sentence without its stop.</param>
/// <param name="Unranked">Runs that were not measured, in the sweep's order.</param>
internal sealed record Leaderboard(IReadOnlyList<RankedGroup> Groups, IReadOnlyList<string> Differences, IReadOnlyList<UnrankedRun> Unranked)
{
    /// <summary>Ranks what a sweep has measured.</summary>
    public static Leaderboard Of(SweepDetail sweep)
    {
        // A run that was measured twice the same way, as after a retry, counts with its newest value.
        var measured = sweep.Runs
            .SelectMany(r => r.Evaluations.GroupBy(e => (e.Metric, e.ProtocolDigest)).Select(g => (Run: r, Evaluation: g.Last())))
            .GroupBy(m => (m.Evaluation.Metric, m.Evaluation.ProtocolDigest))
            .OrderBy(g => !g.Key.Metric.StartsWith(MetricNames.Nll, StringComparison.Ordinal)).ThenBy(g => g.Key.Metric, StringComparer.Ordinal).ThenBy(g => g.Key.ProtocolDigest, StringComparer.Ordinal);
        return new Leaderboard(
            [.. measured.Select(g => Rank([.. g]))],
            ProtocolDifference.Sentences(sweep.Runs.SelectMany(r => r.Evaluations)),
            [.. sweep.Runs.Where(r => r.Evaluations.Count == 0).Select(Unmeasured)]);
    }

    private static RankedGroup Rank(List<(RunDetail Run, EvaluationView Evaluation)> measured)
    {
        EvaluationView first = measured[0].Evaluation;
        int direction = first.LowerIsBetter ? 1 : -1;
        List<(RunDetail Run, EvaluationView Evaluation)> finite = [.. measured.Where(m => double.IsFinite(m.Evaluation.Value)).OrderBy(m => direction * m.Evaluation.Value).ThenBy(m => m.Run.Index)];
        IEnumerable<LeaderboardRow> ranked = finite.Select(m => Row(m.Run, m.Evaluation, 1 + finite.Count(other => direction * other.Evaluation.Value < direction * m.Evaluation.Value)));
        IEnumerable<LeaderboardRow> broken = measured.Where(m => !double.IsFinite(m.Evaluation.Value)).Select(m => Row(m.Run, m.Evaluation, rank: null));
        return new RankedGroup(first.Metric, first.Unit, first.LowerIsBetter, first.ProtocolDigest, first.Protocol, [.. ranked, .. broken]);
    }

    private static LeaderboardRow Row(RunDetail run, EvaluationView evaluation, int? rank)
    {
        JobView? train = run.JobOf("train");
        double? seconds = train is { StartedAt: { } start, EndedAt: { } end } ? (end - start).TotalSeconds : null;
        double? loss = run.Last.TryGetValue(MetricNames.Loss, out PointView? last) ? last.Value : null;
        return new LeaderboardRow(rank, run.Name, run.Id, evaluation.Value, evaluation.StandardError, evaluation.Parts, seconds, loss, evaluation.Warnings ?? []);
    }

    private static UnrankedRun Unmeasured(RunDetail run)
    {
        // The first job that did not succeed says why; a skipped one only follows it.
        JobView? job = run.Jobs.FirstOrDefault(j => j.State is "failed" or "diverged" or "cancelled" or "pruned") ?? run.Jobs.FirstOrDefault(j => j.State != "succeeded");
        return job is null
            ? new UnrankedRun(run.Name, run.Id, "succeeded", "no metric was asked for")
            : new UnrankedRun(run.Name, run.Id, job.State, $"{run.NameOf(job)} {job.State}{(job.Error is { Length: > 0 } error ? $": {error}" : "")}");
    }
}
