using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Tests.Metrics;

public abstract class MetricStoreSuite(bool postgres) : StoreSuite(postgres)
{
    [Fact]
    public async Task Append_AnyDouble_ComesBackBitForBit()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("exact");
        Lease lease = await store.MustClaimAsync();
        double[] values = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.1f, 1.0 / 3, double.Epsilon, double.MaxValue, -0.0, .. ManyDoubles(500)];
        await store.Metrics.AppendAsync(lease, [Batch("train/loss", 0, 0, values)], Cancel);

        IReadOnlyList<MetricPoint> points = await store.Metrics.ReadAsync(lease.RunId, "train/loss", Cancel);
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), points.Select(point => BitConverter.DoubleToInt64Bits(point.Value)));

        // The view says the same, but for the sign of zero and non-finite words on SQLite.
        List<object?[]> rows = await store.QueryAsync($"select step, value from {store.V1}metric_point order by step");
        Assert.Equal(values.Select(Text), rows.Select(row => row[1] is double number ? Text(number) : (string)row[1]!));
    }

    [Fact]
    public async Task Append_Repeated_ChangesNothing()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("repeat");
        Lease lease = await store.MustClaimAsync();
        MetricBatch[] batches = [Batch("a", 0, 0, 1, 2), Batch("b", 0, 0, 3, 4), Batch("a", 1, 2, 5)];
        await store.Metrics.AppendAsync(lease, batches, Cancel);
        await store.Metrics.AppendAsync(lease, batches, Cancel);
        Assert.Equal([1.0, 2, 5], (await store.Metrics.ReadAsync(lease.RunId, "a", Cancel)).Select(point => point.Value));
        Assert.Equal(["a", "b"], await store.Metrics.NamesAsync(lease.RunId, Cancel));
        Assert.Equal(5, (await store.Metrics.LastOfSweepAsync(lease.SweepId, Cancel))[lease.RunId].Single(last => last.Name == "a").Point.Value);
    }

    [Fact]
    public async Task Append_AnOldChunkRepeated_DoesNotMoveTheNewestPointBack()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("late");
        Lease lease = await store.MustClaimAsync();
        await store.Metrics.AppendAsync(lease, [Batch("a", 0, 0, 1)], Cancel);
        await store.Metrics.AppendAsync(lease, [Batch("a", 1, 1, 2)], Cancel);
        await store.Metrics.AppendAsync(lease, [Batch("a", 0, 0, 1)], Cancel);
        Assert.Equal(new MetricPoint(1, 2), (await store.Metrics.LastOfSweepAsync(lease.SweepId, Cancel))[lease.RunId].Single().Point);
    }

    [Fact]
    public async Task Append_MeasuredQuality_KeepsHowItWasMeasuredWithEveryPoint()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("measured", runs: 2);
        MetricProtocol protocol = MetricProtocol.Of(new MetricValue { Name = "nll", Value = 3, Unit = "bits/dim", Protocol = new JsonObject { ["split"] = "test", ["images"] = 8 } });
        Lease one = await store.MustClaimAsync();
        Lease other = await store.MustClaimAsync();
        foreach (Lease lease in new[] { one, other })
        {
            await store.Metrics.AppendAsync(
                lease, [Batch("validation/nll", 0, 10, 3.5, double.NaN) with { Protocol = protocol }, Batch("train/loss", 0, 10, 1), Batch("validation/nll", 1, 12, 3.25) with { Protocol = protocol }], Cancel);
        }

        // By the same protocol in both runs, which is there once and reads as it was.
        List<object?[]> points = await store.QueryAsync($"select p.step, q.unit, q.lower_is_better, q.protocol_digest from {store.V1}metric_point p left join {store.V1}metric_protocol q on q.protocol_digest = p.protocol_digest where p.run_id in (select run_id from {store.V1}run_summary) and metric = 'validation/nll' order by p.step");
        Assert.Equal([10L, 10, 11, 11, 12, 12], points.Select(row => Convert.ToInt64(row[0], CultureInfo.InvariantCulture)));
        Assert.All(points, row => Assert.Equal(("bits/dim", true, protocol.Digest), ((string)row[1]!, Convert.ToBoolean(row[2], CultureInfo.InvariantCulture), (string)row[3]!)));
        await using (TrackingDb db = await store.DbAsync())
        {
            MetricProtocol stored = await db.MetricProtocols.AsNoTracking().SingleAsync(Cancel);
            Assert.Equal(protocol.Protocol, SpecJson.Canonical(JsonNode.Parse(stored.Protocol)!));
        }

        Assert.Equal(
            [("train/loss", null), ("validation/nll", protocol.Digest)],
            (await store.Metrics.LastOfSweepAsync(one.SweepId, Cancel))[other.RunId].Select(last => (last.Name, last.ProtocolDigest)).Order());
        Assert.Equal([3.5, double.NaN, 3.25], (await store.Metrics.ReadAsync(one.RunId, "validation/nll", Cancel)).Select(point => point.Value));
    }

    [Fact]
    public async Task Append_ManyRunsAtOnce_ShareTheNamesWithoutDeadlock()
    {
        await using Store store = await CreateAsync();
        const int runs = 8;
        await store.SubmitAsync("crowd", runs);
        var leases = new List<Lease>();
        for (int i = 0; i < runs; i++)
            leases.Add(await store.MustClaimAsync());
        string[] names = ["a", "b", "c", "d", "e"];

        // Each run brings the names in its own order.
        await Task.WhenAll(leases.Select((lease, i) => store.Metrics.AppendAsync(lease, [.. names.Skip(i % names.Length).Concat(names.Take(i % names.Length)).Select(name => Batch(name, 0, 0, i))], Cancel)));

        foreach (Lease lease in leases)
            Assert.Equal(names, await store.Metrics.NamesAsync(lease.RunId, Cancel));
        Assert.Equal(names.Length, (await store.QueryAsync("select 1 from metric")).Count);
    }

    [Fact]
    public async Task Append_UnevenChunk_IsRefused()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("uneven");
        Lease lease = await store.MustClaimAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => store.Metrics.AppendAsync(lease, [new MetricBatch("a", 0, [1, 2], [1], [DateTime.UnixEpoch])], Cancel));
    }

    [Fact]
    public async Task Read_AttemptResumedEarlier_CurveDoesNotDoubleBack()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("resume");
        Lease first = await store.MustClaimAsync();
        await store.Queue.StartedAsync(first, 0, "{}", Cancel);
        await store.Metrics.AppendAsync(first, [Batch("loss", 0, 0, 10, 11, 12, 13), Batch("loss", 1, 4, 14, 15)], Cancel);
        await store.Queue.EndAsync(first, new AttemptEnding.HandedBack("shutdown"), Cancel);

        // An attempt that dies before it starts cuts nothing.
        Lease second = await store.MustClaimAsync();
        await store.Queue.EndAsync(second, new AttemptEnding.HandedBack("shutdown"), Cancel);
        Assert.Equal(6, (await store.Metrics.ReadAsync(first.RunId, "loss", Cancel)).Count);

        // One that resumes at step 3 replaces what follows, even before it has recorded anything.
        Lease third = await store.MustClaimAsync();
        await store.Queue.StartedAsync(third, 3, "{}", Cancel);
        Assert.Equal([10.0, 11, 12], (await store.Metrics.ReadAsync(first.RunId, "loss", Cancel)).Select(point => point.Value));
        await store.Metrics.AppendAsync(third, [Batch("loss", 0, 3, 23, 24)], Cancel);
        double[] expected = [10, 11, 12, 23, 24];
        Assert.Equal(expected, (await store.Metrics.ReadAsync(first.RunId, "loss", Cancel)).Select(point => point.Value));
        Assert.Equal(expected, (await store.QueryAsync($"select value from {store.V1}metric_point where metric = 'loss' order by step")).Select(row => Convert.ToDouble(row[0], CultureInfo.InvariantCulture)));
        Assert.Equal(24, (await store.Metrics.LastOfSweepAsync(first.SweepId, Cancel))[first.RunId].Single().Point.Value);
    }

    [Fact]
    public async Task Write_StaleFence_IsRefusedEverywhere()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("stale");
        Lease frozen = await store.MustClaimAsync();
        await store.ExpireAsync(frozen.JobId);
        await store.Queue.ReconcileAsync(TimeSpan.Zero, Cancel);
        string file = Path.GetTempFileName();

        await Assert.ThrowsAsync<StaleFenceException>(() => store.Metrics.AppendAsync(frozen, [Batch("a", 0, 0, 1)], Cancel));
        await Assert.ThrowsAsync<StaleFenceException>(() => store.Evaluations.AddAsync(frozen, Value(1, "p"), "sha", Cancel));
        await Assert.ThrowsAsync<StaleFenceException>(() => store.Artifacts.AddAsync(frozen, file, "checkpoint", 1, [], Cancel));

        File.Delete(file);
        foreach (string table in new[] { "metric_chunk", "metric_last", "evaluation", "artifact" })
            Assert.Empty(await store.QueryAsync($"select 1 from {table}"));
    }

    [Fact]
    public async Task Leaderboard_DifferentProtocols_AreNeverRankedTogether()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("board", runs: 4);
        double[] values = [3.0, 2.0, double.NaN, 1.0];
        for (int i = 0; i < 4; i++)
        {
            Lease train = await store.MustClaimAsync("r", JobKind.Train);
            await store.Queue.EndAsync(train, new AttemptEnding.Succeeded(), Cancel);
            Lease evaluate = await store.MustClaimAsync("r", JobKind.Evaluate);
            MetricValue value = Value(values[i], i == 3 ? "other" : "same");
            await store.Evaluations.AddAsync(evaluate, value, "sha", Cancel);
            await store.Evaluations.AddAsync(evaluate, value, "sha", Cancel); // a repeat
        }

        List<object?[]> rows = await store.QueryAsync($"select run_name, rank, value from {store.V1}sweep_leaderboard order by run_name");
        Assert.Equal([2L, 1L, 3L, 1L], rows.Select(row => Convert.ToInt64(row[1], CultureInfo.InvariantCulture)));
        await using TrackingDb db = await store.DbAsync();
        Assert.Contains(await db.Evaluations.ToListAsync(Cancel), evaluation => double.IsNaN(evaluation.Value));
    }

    [Fact]
    public async Task Views_AllOfThem_AnswerOnAFreshSweep()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("views", runs: 2);
        Lease lease = await store.MustClaimAsync();
        await store.Queue.EndAsync(lease, new AttemptEnding.Succeeded(), Cancel);
        List<object?[]> summary = await store.QueryAsync($"select run_name, train_state, evaluate_state, sample_state, train_seconds from {store.V1}run_summary order by run_index");
        Assert.Equal(["seed=0", "succeeded", "ready", "ready"], summary[0].Take(4));
        Assert.InRange(Convert.ToDouble(summary[0][4], CultureInfo.InvariantCulture), 0, 60);
        Assert.Single(await store.QueryAsync($"select ending from {store.V1}job_timeline where ending = 'succeeded'"));
        Assert.Empty(await store.QueryAsync($"select * from {store.V1}artifact_lineage"));
    }

    private static MetricValue Value(double value, string protocol) =>
        new() { Name = "nll", Value = value, StandardError = 0.1, Unit = "bits/dim", Protocol = new JsonObject { ["kind"] = protocol }, Parts = new Dictionary<string, double> { ["a"] = value } };

    private static MetricBatch Batch(string name, int seq, long firstStep, params double[] values) => new(
        name, seq, [.. values.Select((_, i) => firstStep + i)], values, [.. values.Select((_, i) => DateTime.UnixEpoch.AddMilliseconds(firstStep + i))]);

    private static string Text(double value) => (value == 0 ? 0 : value).ToString("R", CultureInfo.InvariantCulture);

    // Losses are float32 widened; logs and ratios use all 53 bits.
    private static IEnumerable<double> ManyDoubles(int count)
    {
        for (int i = 1; i <= count; i++)
            yield return i % 2 == 0 ? (float)Math.Sqrt(i) / 7 : Math.Exp(-i / 3.0) * Math.PI;
    }
}

public class SqliteMetricStoreTests() : MetricStoreSuite(postgres: false);

public class PostgresMetricStoreTests() : MetricStoreSuite(postgres: true);
