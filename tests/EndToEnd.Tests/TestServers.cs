using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>The PostgreSQL and RabbitMQ that <c>./test</c> provides.</summary>
internal static class TestServers
{
    private static readonly string? Postgres = Environment.GetEnvironmentVariable("DDPM_TEST_POSTGRES");
    private static readonly string? RabbitMq = Environment.GetEnvironmentVariable("DDPM_TEST_RABBITMQ");

    /// <summary>Skips the test where the servers are missing, and fails it in CI.</summary>
    public static void Require()
    {
        bool missing = string.IsNullOrEmpty(Postgres) || string.IsNullOrEmpty(RabbitMq);
        if (missing && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail("CI must provide DDPM_TEST_POSTGRES and DDPM_TEST_RABBITMQ.");
        Assert.SkipWhen(missing, "DDPM_TEST_POSTGRES and DDPM_TEST_RABBITMQ are not set; ./test provides them.");
    }

    /// <summary>The broker's address.</summary>
    public static string Broker => RabbitMq!;

    /// <summary>A connection string to a database of this name that does not exist yet.</summary>
    public static async Task<string> FreshDatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(Postgres);
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"drop database if exists {name} with (force)", connection);
        await drop.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(Postgres) { Database = name }.ConnectionString;
    }
}
