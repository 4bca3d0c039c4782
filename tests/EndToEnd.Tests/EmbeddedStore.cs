using Microsoft.Data.Sqlite;

namespace DdpmJobs.EndToEnd.Tests;

/// <summary>Looks into the store of <c>ddpm run</c> from outside.</summary>
internal static class EmbeddedStore
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The database of a run that was started in a folder.</summary>
    public static string FileOf(string folder) => Path.Combine(folder, "ddpm-data", "ddpm.db");

    /// <summary>The first column of a query's first row.</summary>
    public static T First<T>(string folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={FileOf(folder)};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)Convert.ChangeType(command.ExecuteScalar()!, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until a query's number is greater than zero.</summary>
    public static Task UntilAsync(string folder, string sql, CliProcess process) => UntilAsync(() => TryFirst(folder, sql) > 0, process);

    /// <summary>Waits for something that a process does.</summary>
    public static async Task UntilAsync(Func<bool> reached, CliProcess process)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var limit = new CancellationTokenSource(Limit);
        while (!reached())
        {
            Assert.False(limit.IsCancellationRequested || process.HasEnded, process.Describe());
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static long TryFirst(string folder, string sql)
    {
        try
        {
            return File.Exists(FileOf(folder)) ? First<long>(folder, sql) : 0;
        }
        catch (SqliteException)
        {
            return 0; // being migrated
        }
    }
}
