using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace DdpmJobs.Tracking.Storage;

/// <summary>Makes contexts on the store that the options name.</summary>
public sealed class TrackingDbFactory : IDbContextFactory<TrackingDb>, IDisposable
{
    private readonly NpgsqlDataSource? _postgres;
    private readonly Func<TrackingDb> _create;

    /// <summary>Prepares; connects to nothing yet.</summary>
    /// <exception cref="StoreUnavailableException">The connection string cannot be read.</exception>
    public TrackingDbFactory(StoreOptions options)
    {
        if (options.IsPostgres)
        {
            try
            {
                _postgres = NpgsqlDataSource.Create(options.Postgres);
            }
            catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException)
            {
                throw new StoreUnavailableException(
                    $"The PostgreSQL connection string cannot be read: {error.Message} It should look like \"Host=db;Username=ddpm;Password=…;Database=ddpm\" (DDPM__Postgres).", error);
            }

            DbContextOptions<PostgresTrackingDb> built = Configure(new DbContextOptionsBuilder<PostgresTrackingDb>(), _postgres).Options;
            _create = () => new PostgresTrackingDb(built);
        }
        else
        {
            DbContextOptions<SqliteTrackingDb> built = Configure(new DbContextOptionsBuilder<SqliteTrackingDb>(), options.SqliteFile).Options;
            _create = () => new SqliteTrackingDb(built);
        }
    }

    /// <summary>Options of a context on PostgreSQL, for the design-time tools too.</summary>
    public static DbContextOptionsBuilder<PostgresTrackingDb> Configure(DbContextOptionsBuilder<PostgresTrackingDb> builder, NpgsqlDataSource source)
    {
        builder.UseNpgsql(source, npgsql => npgsql.MigrationsAssembly("DdpmJobs.Migrations.Postgres"))
            .UseSnakeCaseNamingConvention();
        return builder;
    }

    /// <summary>Options of a context on an SQLite file, for the design-time tools too.</summary>
    public static DbContextOptionsBuilder<SqliteTrackingDb> Configure(DbContextOptionsBuilder<SqliteTrackingDb> builder, string file)
    {
        // No pool: a pooled handle keeps the file open after the last context is gone.
        string connection = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 30 }.ConnectionString;
        builder.UseSqlite(connection, sqlite => sqlite.MigrationsAssembly("DdpmJobs.Migrations.Sqlite"))
            .UseSnakeCaseNamingConvention()
            .AddInterceptors(new SqlitePragmas())
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.NonTransactionalMigrationOperationWarning));
        return builder;
    }

    /// <inheritdoc/>
    public TrackingDb CreateDbContext() => _create();

    /// <inheritdoc/>
    public void Dispose() => _postgres?.Dispose();
}
