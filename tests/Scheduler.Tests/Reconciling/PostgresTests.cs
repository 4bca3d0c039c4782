using DdpmJobs.Scheduler.Reconciling;
using DdpmJobs.Scheduler.Tests.Hosting;
using DdpmJobs.Tracking.Jobs;
using DdpmJobs.Tracking.Storage;
using Npgsql;

namespace DdpmJobs.Scheduler.Tests.Reconciling;

/// <summary>What differs on PostgreSQL: Hangfire's storage and the lock. DDPM_TEST_POSTGRES names a server on which databases may be made.</summary>
public sealed class PostgresTests
{
    [Fact]
    public async Task Mirrors_OnPostgres_MoveAndStop()
    {
        await using Database database = await Database.CreateAsync();
        await using SchedulerHost host = await SchedulerHost.StartAsync(postgres: database.ConnectionString);
        await host.SubmitAsync();
        Lease lease = await host.ClaimAsync(JobKind.Train);

        await host.Reconciler.PassAsync(CancellationToken.None);
        Assert.Equal("Running", (await host.ShownAsync(lease.JobId)).Name);

        await host.Queue.EndAsync(lease, new AttemptEnding.Succeeded(), CancellationToken.None);
        await host.Reconciler.PassAsync(CancellationToken.None);
        Assert.Equal("Succeeded", (await host.ShownAsync(lease.JobId)).Name);
    }

    [Fact]
    public async Task Hold_TwoSchedulers_OneHasItUntilItGoes()
    {
        await using Database database = await Database.CreateAsync();
        await using var first = new ReconcileLock(new StoreOptions { Postgres = database.ConnectionString });
        await using var second = new ReconcileLock(new StoreOptions { Postgres = database.ConnectionString });

        Assert.Equal((true, true), await first.HoldAsync(CancellationToken.None));
        Assert.Equal((true, false), await first.HoldAsync(CancellationToken.None));
        Assert.Equal((false, false), await second.HoldAsync(CancellationToken.None));

        await first.DisposeAsync();
        Assert.Equal((true, true), await second.HoldAsync(CancellationToken.None));
    }

    private sealed class Database(string server, string name) : IAsyncDisposable
    {
        public string ConnectionString { get; } = new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;

        public static async Task<Database> CreateAsync()
        {
            string server = Environment.GetEnvironmentVariable("DDPM_TEST_POSTGRES") ?? "";
            Assert.False(server.Length == 0 && Environment.GetEnvironmentVariable("CI") == "true", "CI must set DDPM_TEST_POSTGRES.");
            Assert.SkipWhen(server.Length == 0, "DDPM_TEST_POSTGRES is not set.");
            var database = new Database(server, $"scheduler_{Guid.CreateVersion7():N}");
            await database.RunAsync("CREATE DATABASE {0}");
            return database;
        }

        public async ValueTask DisposeAsync()
        {
            NpgsqlConnection.ClearAllPools();
            await RunAsync("DROP DATABASE {0} WITH (FORCE)");
        }

        private async Task RunAsync(string sql)
        {
            await using var connection = new NpgsqlConnection(server);
            await connection.OpenAsync();
            await using NpgsqlCommand command = connection.CreateCommand();
            command.CommandText = string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, name);
            await command.ExecuteNonQueryAsync();
        }
    }
}
