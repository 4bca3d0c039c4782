using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>An evaluation that is divided over runners, one of which is killed: the same numbers as in one piece, for the price of one range.</summary>
public class ShardTests
{
    private const string Values = "select metric, value, standard_error, protocol_digest from evaluation order by metric";

    [Fact]
    public async Task Evaluate_InSevenShardsWithAKill_IsAsInOnePiece()
    {
        TestServers.Require();
        Dictionary<string, (double Value, double Error, string Digest)> whole = await WholeAsync();
        Assert.Equal(["classifier_score[classifier]", "frechet_distance[classifier]", "kid[classifier]", "precision[classifier]", "recall[classifier]"], whole.Keys.Order(StringComparer.Ordinal));

        await using Team team = await Team.CreateAsync(await TestServers.FreshDatabaseAsync("ddpm_e2e_shards"), TestServers.Broker);
        await team.StartSchedulerAsync();
        CliProcess[] runners = [.. new[] { "a", "b" }.Select(name => team.StartRunner(name, slots: 1, ("DDPM__Statistics__Folder", Path.Combine(team.Folder, "statistics-" + name))))];
        Assert.Equal(0, await team.RunAsync("submit", Write(team.Folder, shards: 7)));

        // Kill a runner in the middle of a range, when the other one has come as far as to draw too.
        string name = await team.UntilAsync(
            "select r.name from job j join runner r on r.id = j.runner_id where j.shard is not null and j.state = 'running' and j.progress_done between 1 and j.progress_total - 1 "
            + "and exists (select 1 from job o where o.shard is not null and o.runner_id <> j.runner_id)");
        runners[name == "a" ? 0 : 1].KillHard();
        await team.UntilAsync("select 1 from job where kind = 'evaluate' and shard is null and state = 'succeeded'");

        // Only what the dead one had in hand was done twice.
        Assert.Equal("7", await team.FirstAsync("select count(*) from job where shard is not null and state = 'succeeded'"));
        Assert.Equal("1", await team.FirstAsync("select count(*) from attempt a join job j on j.id = a.job_id where j.kind = 'evaluate' and a.ending = 'lost'"));
        Assert.Equal("9", await team.FirstAsync("select count(*) from attempt a join job j on j.id = a.job_id where j.kind = 'evaluate'"));

        // The same samples and statistics, so the same values, measured in the same way.
        await using var connection = new NpgsqlConnection(team.Postgres);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(Values, connection);
        Dictionary<string, (double Value, double Error, string Digest)> merged = [];
        await using (NpgsqlDataReader row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await row.ReadAsync(TestContext.Current.CancellationToken))
                merged.Add(row.GetString(0), (row.GetDouble(1), row.GetDouble(2), row.GetString(3)));
        }

        Assert.Equal(whole.Keys.Order(StringComparer.Ordinal), merged.Keys.Order(StringComparer.Ordinal));
        foreach ((string metric, (double value, double error, string digest)) in whole)
        {
            Assert.True(Math.Abs(merged[metric].Value - value) <= 1e-9 * Math.Max(1, Math.Abs(value)), $"{metric}: {value:R} in one piece, {merged[metric].Value:R} in seven\n{team.Describe()}");
            Assert.Equal(error, merged[metric].Error, 1e-9 * Math.Max(1, Math.Abs(error)));
            Assert.Equal(digest, merged[metric].Digest);
        }

        // What they share is there once, and what was put together is gone.
        Assert.Equal("1", await team.FirstAsync("select count(*) from artifact where kind = 'shared_file' and name like 'classifier-%'"));
        Assert.Equal("0", await team.FirstAsync("select count(*) from artifact where kind = 'evaluation_shard' and dropped_at is null"));
    }

    private static async Task<Dictionary<string, (double Value, double Error, string Digest)>> WholeAsync()
    {
        using var scratch = new ScratchFolder();
        await using CliProcess run = CliProcess.Start(scratch.Path, new Dictionary<string, string>(), "run", Write(scratch.Path, shards: 1));
        Assert.True(await run.EndAsync(Team.Limit) == 0, run.Describe());
        await using var connection = new SqliteConnection($"Data Source={EmbeddedStore.FileOf(scratch.Path)};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = Values;
        Dictionary<string, (double, double, string)> values = [];
        await using SqliteDataReader row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
            values.Add(row.GetString(0), (row.GetDouble(1), row.GetDouble(2), row.GetString(3)));
        return values;
    }

    private static string Write(string folder, int shards)
    {
        string file = Path.Combine(folder, "shards.yaml");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $$"""
            name: shards
            run:
              data: optdigits
              network: { kind: ddpm_unet, channels: 8, multipliers: [1, 2], blocks: 1, attention: [4], groups: 4 }
              process: { timesteps: 50, schedule: cosine }
              training: { steps: 20, batch_size: 16, warmup_steps: 10, ema: { kind: warmup, decay: 0.99 } }
              evaluation:
                metrics: [frechet_distance, classifier_score, { kind: kid, subset_size: 500 }, precision, recall]
                samples: { count: 2100, batch_size: 10, sampler: { kind: ddim, steps: 25, eta: 0.5 }, shards: {{shards}} }
              sampling: { sampler: { kind: ddim, steps: 5 }, count: 8 }
            """));
        return file;
    }
}
