using Npgsql;

namespace DdpmJobs.Scheduler.Tests.Hosting;

/// <summary>A database of one test on the server that DDPM_TEST_POSTGRES names.</summary>
internal sealed class Database(string server, string name) : IAsyncDisposable
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
