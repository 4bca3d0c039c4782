using System.Data.Common;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace DdpmJobs.Tracking.Storage;

/// <summary>Brings a store to this program's level, or checks that it is there.</summary>
public static class MigrationLevel
{
    /// <summary>Creates or migrates the database.</summary>
    /// <returns>Names of the migrations applied; empty when it was up to date.</returns>
    /// <exception cref="StoreUnavailableException">Not reachable, not writable, or newer than this program.</exception>
    public static Task<IReadOnlyList<string>> MigrateAsync(TrackingDb db, CancellationToken cancel) => ExplainAsync(db, async () =>
    {
        // A missing database is created by the migration itself.
        if (await ExistsAsync(db, cancel))
            RequireNotNewer(db, await db.Database.GetAppliedMigrationsAsync(cancel));
        IReadOnlyList<string> pending = [.. await PendingAsync(db, cancel)];
        if (pending.Count > 0)
            await ApplyAsync(db, cancel);
        return pending;
    });

    /// <summary>As <see cref="MigrateAsync"/>, for a process that works on its store alone: it need not wait for one that was killed while it migrated.</summary>
    public static async Task<IReadOnlyList<string>> MigrateAloneAsync(TrackingDb db, CancellationToken cancel)
    {
        if (db is SqliteTrackingDb)
            await ExplainAsync(db, async () => await SqliteMigrationLock.ReleaseAsync(db, TimeSpan.FromDays(-1), cancel));
        return await MigrateAsync(db, cancel);
    }

    /// <summary>Checks that the database is reachable and exactly at this program's level.</summary>
    /// <exception cref="StoreUnavailableException">It is not; the message names both levels and says <c>ddpm migrate</c>, or to update the program.</exception>
    public static Task RequireCurrentAsync(TrackingDb db, CancellationToken cancel) => ExplainAsync(db, async () =>
    {
        if (!await ExistsAsync(db, cancel))
            throw new StoreUnavailableException($"The database {Place(db)} does not exist. Run: ddpm migrate", null);
        string[] applied = [.. await db.Database.GetAppliedMigrationsAsync(cancel)];
        RequireNotNewer(db, applied);
        string[] pending = [.. db.Database.GetMigrations().Except(applied)];
        if (pending.Length > 0)
        {
            throw new StoreUnavailableException(
                $"The database {Place(db)} is at {Level(applied)} but this program needs {pending[^1]} ({pending.Length} to apply). Run: ddpm migrate", null);
        }

        return true;
    });

    private static async Task ApplyAsync(TrackingDb db, CancellationToken cancel)
    {
        if (db is not SqliteTrackingDb)
        {
            await db.Database.MigrateAsync(cancel); // PostgreSQL drops the lock of a process that dies
            return;
        }

        // EF Core locks an SQLite file by a row, which a killed process leaves behind and which it would wait for without end.
        await SqliteMigrationLock.ReleaseAsync(db, SqliteMigrationLock.Patience, cancel);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(SqliteMigrationLock.Patience);
        try
        {
            await db.Database.MigrateAsync(patience.Token);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw new StoreUnavailableException(
                $"The database {Place(db)} is being migrated by another process, or one was killed while it did. Wait two minutes and run this again.", error);
        }
    }

    private static void RequireNotNewer(TrackingDb db, IEnumerable<string> applied)
    {
        string[] known = [.. db.Database.GetMigrations()];
        string[] unknown = [.. applied.Except(known)];
        if (unknown.Length > 0)
        {
            throw new StoreUnavailableException(
                $"The database {Place(db)} is at {unknown[^1]}, which this program does not know (it knows up to {Level(known)}). Update the program.", null);
        }
    }

    private static async Task<IEnumerable<string>> PendingAsync(TrackingDb db, CancellationToken cancel) =>
        await ExistsAsync(db, cancel) ? await db.Database.GetPendingMigrationsAsync(cancel) : db.Database.GetMigrations();

    private static string Level(string[] migrations) => migrations.Length == 0 ? "no migration" : migrations[^1];

    /// <summary>Opens the database, so that an unreachable server is told from a missing database.</summary>
    private static async Task<bool> ExistsAsync(TrackingDb db, CancellationToken cancel)
    {
        if (db is SqliteTrackingDb)
        {
            string file = new SqliteConnectionStringBuilder(db.Database.GetConnectionString()).DataSource;
            if (!File.Exists(file))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
                return false;
            }
        }

        try
        {
            await db.Database.OpenConnectionAsync(cancel);
            await db.Database.CloseConnectionAsync();
            return true;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            return false;
        }
    }

    private static async Task<T> ExplainAsync<T>(TrackingDb db, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (error is not StoreUnavailableException && Explain(db, error) is string)
        {
            throw new StoreUnavailableException(Explain(db, error)!, error);
        }
    }

    // The providers' own exception may be wrapped by EF Core.
    private static string? Explain(TrackingDb db, Exception? error) => error switch
    {
        null => null,
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused =>
            $"PostgreSQL at {Place(db)} refuses the login: {refused.MessageText}. Check user and password in DDPM__Postgres.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } denied =>
            $"PostgreSQL at {Place(db)} does not let this user do that: {denied.MessageText}. Grant it, or use the owner in DDPM__Postgres.",
        PostgresException { IsTransient: true } busy =>
            $"PostgreSQL at {Place(db)} is not ready: {busy.MessageText}. Try again in a moment.",
        SocketException or NpgsqlException and not PostgresException =>
            $"PostgreSQL at {Place(db)} does not answer: {error.GetBaseException().Message}. Start it, or correct DDPM__Postgres.",
        SqliteException { SqliteErrorCode: SqliteNotADatabase } =>
            $"{Place(db)} is not an SQLite database. Move it away, or choose another folder with --data.",
        SqliteException or UnauthorizedAccessException or IOException =>
            $"The database file {Place(db)} cannot be used: {error.Message} Give this user write access to its folder, or choose another with --data.",
        _ => Explain(db, error.InnerException),
    };

    private const int SqliteNotADatabase = 26;

    private static string Place(TrackingDb db)
    {
        if (db is SqliteTrackingDb)
            return Path.GetFullPath(new SqliteConnectionStringBuilder(db.Database.GetConnectionString()).DataSource);
        DbConnection connection = db.Database.GetDbConnection();
        var parts = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        return $"{parts.Host}:{parts.Port}, database {parts.Database ?? parts.Username}";
    }
}
