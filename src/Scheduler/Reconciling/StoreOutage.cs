using System.Data.Common;
using System.Net.Sockets;
using DdpmJobs.Tracking.Storage;

namespace DdpmJobs.Scheduler.Reconciling;

/// <summary>Tells an unreachable store from other errors.</summary>
public static class StoreOutage
{
    /// <summary>Whether the store, not the program, is the cause.</summary>
    public static bool IsCauseOf(Exception? exception)
    {
        // EF wraps what the provider throws, sometimes twice.
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is StoreUnavailableException or SocketException || (e is DbException { SqlState: null } d && d is not Npgsql.PostgresException)
                || (e is Npgsql.PostgresException p && (p.SqlState.StartsWith("57", StringComparison.Ordinal) || p.SqlState.StartsWith("08", StringComparison.Ordinal) || p.SqlState.StartsWith("53", StringComparison.Ordinal))))
            {
                return true;
            }
        }

        return false;
    }
}
