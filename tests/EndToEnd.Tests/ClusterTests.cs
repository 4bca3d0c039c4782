using System.Text.RegularExpressions;
using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>The team's mode: PostgreSQL, RabbitMQ, a scheduler and two runners, each a process of its own.</summary>
public partial class ClusterTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Submit_RunnerKilledInTheMiddle_EndsWithTheMetricsOfTheEmbeddedMode()
    {
        TestServers.Require();
        using var scratch = new ScratchFolder();
        string postgres = await TestServers.FreshDatabaseAsync("ddpm_e2e");
        int port = CliProcess.FreePort();
        string file = TinySweep.Write(scratch.Path, "team", steps: 500);
        var environment = new Dictionary<string, string>
        {
            ["DDPM__Postgres"] = postgres,
            ["DDPM__RabbitMq"] = TestServers.Broker,
            ["DDPM__Artifacts__Folder"] = Path.Combine(scratch.Path, "artifacts"),
            ["DDPM__Runner__CheckpointInterval"] = "00:00:01",
            ["DDPM__Lease__Ttl"] = "00:00:06",
            ["DDPM__Lease__Heartbeat"] = "00:00:02",
            ["DDPM__Server"] = $"http://127.0.0.1:{port}",
        };

        // Nothing runs on a database that is not at the program's level.
        await using (CliProcess early = CliProcess.Start(scratch.Path, environment, "runner"))
        {
            Assert.True(await early.EndAsync(Limit) == 2, early.Describe());
            Assert.Contains("ddpm migrate", early.Errors);
        }

        await using (CliProcess migrate = CliProcess.Start(scratch.Path, environment, "migrate"))
            Assert.True(await migrate.EndAsync(Limit) == 0, migrate.Describe());

        await using CliProcess scheduler = CliProcess.Start(scratch.Path, environment, "scheduler", "--urls", $"http://127.0.0.1:{port}");
        await HealthyAsync(port, scheduler);
        await using CliProcess one = CliProcess.Start(scratch.Path, Named("one", scratch, environment), "runner", "--slots", "1");
        await using CliProcess two = CliProcess.Start(scratch.Path, Named("two", scratch, environment), "runner", "--slots", "1");
        await using CliProcess submit = CliProcess.Start(scratch.Path, environment, "submit", file, "--watch");

        // Kill a runner that has written a checkpoint and recorded points after it.
        await using var connection = new NpgsqlConnection(postgres);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        string victim = await UntilAsync(connection, "select u.name from job j join runner u on u.id = j.runner_id where j.kind = 'train' and j.state = 'running' "
            + "and exists (select 1 from artifact a where a.run_id = j.run_id and a.kind = 'checkpoint' and a.step < j.progress_done) limit 1", submit);
        (victim == "one" ? one : two).KillHard();

        Assert.True(await submit.EndAsync(Limit) == 0, submit.Describe() + scheduler.Describe() + one.Describe() + two.Describe());
        Assert.Equal("1", await UntilAsync(connection, "select count(*)::text from attempt where ending = 'lost'", submit));
        Assert.NotEqual("0", await UntilAsync(connection, "select count(*)::text from attempt where resumed_at_step > 0", submit));

        // The same sweep in one process gives the same numbers, bit for bit.
        using var embedded = new ScratchFolder();
        await using CliProcess run = CliProcess.Start(embedded.Path, new Dictionary<string, string>(), "run", file);
        Assert.True(await run.EndAsync(Limit) == 0, run.Describe());
        string[] expected = await Curves.OfSqliteAsync(EmbeddedStore.FileOf(embedded.Path));
        Assert.True(expected.Length > 2 * 500);
        Assert.Equal(expected, await Curves.OfPostgresAsync(postgres));

        // The same values are shown as a progressive code.
        await using (CliProcess show = CliProcess.Start(scratch.Path, environment, "show", "team/0", "--rate-distortion", "--plot", "rate.png"))
        {
            Assert.True(await show.EndAsync(Limit) == 0, show.Describe());
            Assert.Contains("Lossless code:", show.Output);
            Assert.True(File.Exists(Path.Combine(scratch.Path, "rate.png")));
        }

        // The documented queries are real.
        foreach (string query in DocumentedQueries())
        {
            await using var command = new NpgsqlCommand(query, connection);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken), $"no row: {query}");
        }
    }

    private static Dictionary<string, string> Named(string name, ScratchFolder scratch, Dictionary<string, string> environment) => new(environment)
    {
        ["DDPM__Runner__Name"] = name,
        ["DDPM__Runner__WorkFolder"] = Path.Combine(scratch.Path, "work-" + name),
    };

    private static string[] DocumentedQueries()
    {
        string[] pages = [.. new[] { "README.md", "docs/likelihood.md" }.Select(page => File.ReadAllText(Path.Combine(Repository.Root, page)))];
        string[] queries = [.. pages.SelectMany(page => SqlBlock().Matches(page)).Select(match => match.Groups[1].Value.Replace("'digits'", "'team'", StringComparison.Ordinal))];
        Assert.Equal(4, queries.Length);
        return queries;
    }

    private static async Task HealthyAsync(int port, CliProcess scheduler)
    {
        using var client = new HttpClient();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            Assert.False(limit.IsCancellationRequested, scheduler.Describe());
            try
            {
                using HttpResponseMessage reply = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/health"), limit.Token);
                if (reply.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // not listening yet
            }
        }
    }

    private static async Task<string> UntilAsync(NpgsqlConnection connection, string sql, CliProcess watched)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            if (await command.ExecuteScalarAsync(CancellationToken.None) is string found)
                return found;
            Assert.False(limit.IsCancellationRequested, watched.Describe());
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex SqlBlock();
}
