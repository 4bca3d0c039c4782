using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DdpmJobs.Tracking.Storage;

/// <summary>Tells a store that is away, which comes back, from one that refuses, which will refuse again.</summary>
public static class StoreOutage
{
    // SQLITE_BUSY, LOCKED, IOERR, FULL, CANTOPEN: another process or the disk is in the way, not the statement.
    private static readonly int[] SqliteInTheWay = [5, 6, 10, 13, 14];

    // Connection exceptions, insufficient resources, operator intervention (a server that shuts down ends its sessions with 57P01, which Npgsql does not call
    // transient) and system errors. PostgreSQL, appendix A.
    private static readonly string[] PostgresAway = ["08", "53", "57P", "58"];

    /// <summary>Whether the cause of an error, however wrapped, is that the store cannot be reached or used at present.</summary>
    public static bool IsCauseOf(Exception? error)
    {
        // EF Core wraps what the provider throws, sometimes twice.
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            bool away = cause switch
            {
                StoreUnavailableException => true,
                SqliteException sqlite => SqliteInTheWay.Contains(sqlite.SqliteErrorCode),
                PostgresException postgres => PostgresAway.Any(group => postgres.SqlState.StartsWith(group, StringComparison.Ordinal)) || postgres.IsTransient,
                NpgsqlException => true, // not an answer of the server: the connection broke, or could not be made
                DbException db => db.IsTransient,
                SocketException or TimeoutException => true,
                _ => false,
            };
            if (away)
                return true;
        }

        return false;
    }
}
