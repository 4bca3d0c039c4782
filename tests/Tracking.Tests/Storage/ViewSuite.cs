using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Metrics;
using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Npgsql;

namespace DdpmJobs.Tracking.Tests.Storage;

/// <summary>The views are a promise to analysts: names, order and meaning of their columns stay.</summary>
public abstract class ViewSuite(bool postgres) : StoreSuite(postgres)
{
    [Theory]
    [InlineData("run_summary", "run_id sweep_id sweep_name run_index run_name spec_hash seed axes spec train_state evaluate_state sample_state steps_done steps_total train_started_at train_ended_at train_seconds train_error submitted_by submitted_at")]
    [InlineData("metric_point", "run_id metric step value at job_id fence protocol_digest")]
    [InlineData("metric_protocol", "protocol_digest unit lower_is_better protocol")]
    [InlineData("sweep_leaderboard", "sweep_id sweep_name run_id run_name metric protocol_digest rank value standard_error unit lower_is_better parts protocol checkpoint_sha256 created_at warnings")]
    [InlineData("job_timeline", "sweep_id sweep_name run_id run_name job_id kind state fence runner started_at ended_at ending resumed_at_step error environment shard")]
    [InlineData("artifact_lineage", "artifact_id sweep_id sweep_name run_id run_name kind name sha256 bytes step created_at dropped_at from_id from_kind from_sha256 selection")]
    public async Task View_Columns_AreThoseOfVersion1(string view, string columns)
    {
        await using Store store = await CreateAsync();
        await using TrackingDb db = await store.DbAsync();
        await using System.Data.Common.DbConnection connection = await OpenAsync(db);
        await using System.Data.Common.DbCommand command = connection.CreateCommand();
        command.CommandText = $"select * from {store.V1}{view}";
        await using System.Data.Common.DbDataReader reader = await command.ExecuteReaderAsync(Cancel);
        Assert.Equal(columns.Split(' '), Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
    }

    [Theory]
    [InlineData(true, new[] { 2.5, double.PositiveInfinity, double.NaN, double.NegativeInfinity, 2.5 }, new[] { 2L, 4, 5, 1, 2 })]
    [InlineData(false, new[] { 2.5, double.PositiveInfinity, double.NaN, double.NegativeInfinity, 2.5 }, new[] { 2L, 1, 5, 4, 2 })]
    public async Task Leaderboard_AnyValues_RanksByDirectionWithNaNLast(bool lowerIsBetter, double[] values, long[] ranks)
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("directions", runs: values.Length);
        foreach (double value in values)
        {
            await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded(), Cancel);
            var measured = new MetricValue
            {
                Name = "m", Value = value, StandardError = value, Unit = "1", LowerIsBetter = lowerIsBetter, Protocol = new JsonObject { ["samples"] = 8 },
            };
            await store.Evaluations.AddAsync(await store.MustClaimAsync("r", JobKind.Evaluate), measured, "sha", Cancel);
        }

        List<object?[]> rows = await store.QueryAsync($"select rank, value, standard_error from {store.V1}sweep_leaderboard order by run_name");

        Assert.Equal(ranks, rows.Select(row => Convert.ToInt64(row[0], CultureInfo.InvariantCulture)));
        Assert.Equal(values, rows.Select(row => Number(row[1])));
        Assert.Equal(values, rows.Select(row => Number(row[2])));
    }

    [Fact]
    public async Task Leaderboard_MeasuredAgain_ShowsTheNewestOnce()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("again");
        await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded(), Cancel);
        foreach (double value in new[] { 1.0, 2.0 })
        {
            Lease lease = await store.MustClaimAsync("r", JobKind.Evaluate);
            await store.Evaluations.AddAsync(lease, new MetricValue { Name = "m", Value = value, Unit = "1", Protocol = [] }, "sha", Cancel);
            await store.Queue.EndAsync(lease, new AttemptEnding.HandedBack("shutdown"), Cancel);
        }

        object?[] row = Assert.Single(await store.QueryAsync($"select value, standard_error from {store.V1}sweep_leaderboard"));
        Assert.Equal(2, Number(row[0]));
        Assert.Equal(DBNull.Value, row[1]);
    }

    [Fact]
    public async Task Leaderboard_DoubtfulValue_SaysWhy()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("doubts");
        await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded(), Cancel);
        Lease lease = await store.MustClaimAsync("r", JobKind.Evaluate);
        await store.Evaluations.AddAsync(lease, new MetricValue { Name = "plain", Value = 1, Unit = "1", Protocol = [] }, "sha", Cancel);
        await store.Evaluations.AddAsync(lease, new MetricValue { Name = "rough", Value = 2, Unit = "1", Protocol = [], Warnings = ["it is off by ±2", "it has \"few\" images"] }, "sha", Cancel);

        List<object?[]> rows = await store.QueryAsync($"select warnings from {store.V1}sweep_leaderboard order by metric");

        Assert.Equal("[]", rows[0][0]);
        Assert.Equal(["it is off by ±2", "it has \"few\" images"], JsonNode.Parse((string)rows[1][0]!)!.AsArray().Select(text => (string?)text));
        Assert.Contains("±2", (string)rows[1][0]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Views_EvaluationInParts_RunHasOneRowAndAttemptsSayTheirShard()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("parts", runs: 2, shards: 3);
        await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded(), Cancel);
        foreach (int _ in Enumerable.Range(0, 4))
            await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Evaluate), new AttemptEnding.Succeeded(), Cancel);

        List<object?[]> runs = await store.QueryAsync($"select run_index, train_state, evaluate_state, sample_state from {store.V1}run_summary order by run_index");
        Assert.Equal(["0 succeeded succeeded ready", "1 ready blocked blocked"], runs.Select(row => string.Join(' ', row)));
        List<object?[]> attempts = await store.QueryAsync($"select kind, shard from {store.V1}job_timeline order by started_at, shard is null, shard");
        Assert.Equal(["evaluate", "evaluate 0", "evaluate 1", "evaluate 2", "train"], attempts.Select(row => string.Join(' ', row).TrimEnd()).Order());
    }

    [Fact]
    public async Task DocumentedQuery_RatesOfAnEvaluationThatWasRepeated_AreThoseOfTheLastAttempt()
    {
        await using Store store = await CreateAsync();
        await store.SubmitAsync("measured");
        await store.Queue.EndAsync(await store.MustClaimAsync("r", JobKind.Train), new AttemptEnding.Succeeded(), Cancel);
        foreach (double value in new[] { 9.0, 3.0 })
        {
            // An evaluation begins at nothing, and its series may be longer than a chunk.
            Lease lease = await store.MustClaimAsync("r", JobKind.Evaluate);
            await store.Queue.StartedAsync(lease, 0, "{}", Cancel);
            await store.Metrics.AppendAsync(
                lease,
                [
                    Chunk("nll/rate_bits_per_dim_at_t", 0, [0, 1], [value, value / 2]), Chunk("nll/rate_bits_per_dim_at_t", 1, [999], [value / 1024]),
                    Chunk("nll/distortion_rmse255_at_t", 0, [0, 1, 999], [1, 2, double.NaN]),
                ],
                Cancel);
            await store.Queue.EndAsync(lease, value > 5 ? new AttemptEnding.HandedBack("shutdown") : new AttemptEnding.Succeeded(), Cancel);
        }

        string query = DocumentedQuery("likelihood.md").Replace("'digits'", "'measured'", StringComparison.Ordinal).Replace("v1.", store.V1, StringComparison.Ordinal);
        List<object?[]> rows = await store.QueryAsync(query);

        Assert.Equal([1000, 999, 1], rows.Select(row => Convert.ToInt64(row[1], CultureInfo.InvariantCulture)));
        Assert.Equal([3, 1.5, 3.0 / 1024], rows.Select(row => Number(row[2])));
        Assert.Equal([1, 2, double.NaN], rows.Select(row => Number(row[3])));
    }

    private static MetricBatch Chunk(string name, int seq, long[] steps, double[] values) => new(name, seq, steps, values, [.. steps.Select(_ => DateTime.UnixEpoch)]);

    private static string DocumentedQuery(string page, [CallerFilePath] string here = "")
        => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", page)).Split("```sql\n")[1].Split("```")[0].TrimEnd().TrimEnd(';');

    // NaN has no number on SQLite; everything else must come as one, so that analysts can calculate with it.
    private static double Number(object? cell) => cell as string == "NaN" ? double.NaN : Assert.IsType<double>(cell);

    private static async Task<System.Data.Common.DbConnection> OpenAsync(TrackingDb db)
    {
        System.Data.Common.DbConnection connection = Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.GetDbConnection(db.Database);
        await connection.OpenAsync(Cancel);
        return connection;
    }
}

public class SqliteViewTests() : ViewSuite(postgres: false);

public class PostgresViewTests() : ViewSuite(postgres: true)
{
    [Fact]
    public async Task Views_Each_IsDocumentedInTheDatabase()
    {
        await using Store store = await CreateAsync();
        List<object?[]> views = await store.QueryAsync(
            "select c.relname, obj_description(c.oid, 'pg_class') from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'v1'");
        Assert.Equal(6, views.Count);
        Assert.All(views, view => Assert.IsType<string>(view[1]));
    }

    [Fact]
    public async Task Reader_Role_SeesTheViewsAndNothingElse()
    {
        await using Store store = await CreateAsync();
        Assert.Empty(await store.QueryAsync("set role ddpm_reader; select * from v1.run_summary"));
        PostgresException denied = await Assert.ThrowsAsync<PostgresException>(() => store.QueryAsync("set role ddpm_reader; select * from public.run"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, denied.SqlState);
    }
}
