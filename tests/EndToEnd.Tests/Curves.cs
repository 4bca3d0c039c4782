using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>Everything a sweep measured, exactly: every point of every curve that does not tell time or memory, and every evaluation.</summary>
internal static class Curves
{
    // Throughput and memory differ from one time to the next; all else must not.
    private static string Points(string view) =>
        $"select r.name, p.metric, p.step, p.value from {view} p join run r on r.id = p.run_id "
        + "where p.metric not like '%per_second%' and p.metric not like '%seconds%' and p.metric not like '%bytes%' order by r.name, p.metric, p.step";

    private const string Evaluations =
        "select r.name, e.metric, e.protocol_digest, e.value, e.standard_error from evaluation e join run r on r.id = e.run_id order by r.name, e.metric";

    /// <summary>From an embedded store.</summary>
    public static async Task<string[]> OfSqliteAsync(string file)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        return [.. await ReadAsync(connection, Points("v1_metric_point")), .. await ReadAsync(connection, Evaluations)];
    }

    /// <summary>From PostgreSQL.</summary>
    public static async Task<string[]> OfPostgresAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        return [.. await ReadAsync(connection, Points("v1.metric_point")), .. await ReadAsync(connection, Evaluations)];
    }

    private static async Task<List<string>> ReadAsync(DbConnection connection, string sql)
    {
        if (connection.State != System.Data.ConnectionState.Open)
            await connection.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            object[] row = new object[reader.FieldCount];
            reader.GetValues(row);
            lines.Add(string.Join(' ', row.Select(value => value is double number ? number.ToString("R", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture))));
        }

        lines.Sort(StringComparer.Ordinal); // collations differ
        return lines;
    }
}
