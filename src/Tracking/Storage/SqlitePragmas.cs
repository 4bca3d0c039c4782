using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace DdpmJobs.Tracking.Storage;

/// <summary>Settings of every SQLite connection: with a write-ahead log, syncing at checkpoints only cannot corrupt the file.</summary>
internal sealed class SqlitePragmas : DbConnectionInterceptor
{
    private const string Pragmas = "pragma synchronous = normal; pragma busy_timeout = 30000; pragma foreign_keys = on;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using DbCommand command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
