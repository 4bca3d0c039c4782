using System.Data.Common;
using System.Net.Sockets;
using DdpmJobs.Tracking.Storage;
using Microsoft.Data.Sqlite;

namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Tells a store that is away, which comes back, from one that refuses, which will refuse again; and waits for the first.</summary>
public static class StoreOutage
{
    // SQLITE_BUSY, LOCKED, IOERR, FULL, CANTOPEN: another process or the disk is in the way, not the statement.
    private static readonly int[] SqliteInTheWay = [5, 6, 10, 13, 14];

    /// <summary>Whether the error means that the store cannot be reached at present.</summary>
    public static bool Is(Exception error)
    {
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            bool away = cause switch
            {
                StoreUnavailableException => true,
                SqliteException sqlite => SqliteInTheWay.Contains(sqlite.SqliteErrorCode),
                DbException db => db.IsTransient,
                SocketException or TimeoutException => true,
                _ => false,
            };
            if (away)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Does a piece of work with the store, again and again while it is away.</summary>
    /// <param name="work">What to do; repeating it must be harmless.</param>
    /// <param name="every">Time between two tries.</param>
    /// <param name="clock">The clock for it.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> came first.</exception>
    public static async Task OutlastAsync(Func<CancellationToken, Task> work, TimeSpan every, TimeProvider clock, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await work(cancel);
                return;
            }
            catch (Exception error) when (error is not OperationCanceledException && Is(error))
            {
                await Task.Delay(every, clock, cancel);
            }
        }
    }
}
