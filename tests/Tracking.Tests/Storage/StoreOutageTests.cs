using System.Net.Sockets;
using DdpmJobs.Tracking.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DdpmJobs.Tracking.Tests.Storage;

public sealed class StoreOutageTests
{
    [Theory]
    [InlineData("57P01", true)] // admin_shutdown: a server that is stopped ends its sessions with it
    [InlineData("57P03", true)] // cannot_connect_now
    [InlineData("08006", true)] // connection_failure
    [InlineData("53300", true)] // too_many_connections
    [InlineData("40P01", true)] // deadlock_detected: the same statement may succeed next time
    [InlineData("57014", false)] // query_canceled
    [InlineData("23505", false)] // unique_violation
    [InlineData("42P01", false)] // undefined_table
    public void IsCauseOf_PostgresRefusal_DependsOnItsState(string sqlState, bool away)
        => Assert.Equal(away, StoreOutage.IsCauseOf(new InvalidOperationException("wrapped", new PostgresException("refused", "ERROR", "ERROR", sqlState))));

    [Theory]
    [InlineData(5, true)] // SQLITE_BUSY
    [InlineData(13, true)] // SQLITE_FULL
    [InlineData(19, false)] // SQLITE_CONSTRAINT
    public void IsCauseOf_SqliteRefusal_DependsOnItsCode(int code, bool away) => Assert.Equal(away, StoreOutage.IsCauseOf(new SqliteException("refused", code)));

    [Fact]
    public void IsCauseOf_BrokenConnection_IsTrue()
    {
        Assert.True(StoreOutage.IsCauseOf(new NpgsqlException("Exception while reading from stream", new EndOfStreamException())));
        Assert.True(StoreOutage.IsCauseOf(new SocketException()));
    }

    [Fact]
    public void IsCauseOf_AnErrorOfTheProgram_IsFalse()
    {
        Assert.False(StoreOutage.IsCauseOf(null));
        Assert.False(StoreOutage.IsCauseOf(new InvalidOperationException("a bug")));
    }
}
