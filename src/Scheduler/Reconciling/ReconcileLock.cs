using DdpmJobs.Tracking.Storage;
using Npgsql;

namespace DdpmJobs.Scheduler.Reconciling;

/// <summary>Lets one scheduler of a store reconcile at a time: a session-level advisory lock on a connection of its own. SQLite has one process and needs none.</summary>
public sealed class ReconcileLock(StoreOptions store) : IAsyncDisposable
{
    // "ddpm" in ASCII and a running number: the key space of advisory locks is shared by all users of the database.
    private const long Key = 0x6464706D_00000001;

    private NpgsqlConnection? _connection;
    private bool _held;

    /// <summary>Takes the lock or makes sure that it is still held.</summary>
    /// <returns>Whether it is held, and whether it was not held before this call.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<(bool Held, bool Taken)> HoldAsync(CancellationToken cancel)
    {
        if (!store.IsPostgres)
        {
            bool taken = !_held;
            _held = true;
            return (true, taken);
        }

        try
        {
            bool before = _held;
            if (_connection is null)
            {
                // Pooling would keep the session, and with it the lock, alive after the connection is closed.
                _connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(store.Postgres) { Pooling = false, ApplicationName = "ddpm reconciler" }.ConnectionString);
                await _connection.OpenAsync(cancel);
            }

            // Asking again on the session that holds it would only count the lock up: then just make sure that the session lives.
            await using var command = new NpgsqlCommand(_held ? "SELECT true" : "SELECT pg_try_advisory_lock(@key)", _connection);
            if (!_held)
            {
                command.Parameters.AddWithValue("key", Key);
            }

            _held = (bool)(await command.ExecuteScalarAsync(cancel))!;
            return (_held, _held && !before);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        bool held = _held;
        _held = false;
        if (_connection is null)
        {
            return;
        }

        // Closing alone would free the lock only when the server notices.
        if (held)
        {
            try
            {
                await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock(@key)", _connection);
                command.Parameters.AddWithValue("key", Key);
                await command.ExecuteNonQueryAsync();
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException)
            {
                // The session is gone, and the lock with it.
            }
        }

        await _connection.DisposeAsync();
        _connection = null;
    }
}
