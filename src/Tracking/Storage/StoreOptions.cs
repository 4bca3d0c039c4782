namespace DdpmJobs.Tracking.Storage;

/// <summary>Where the truth is.</summary>
public sealed class StoreOptions
{
    /// <summary>A PostgreSQL connection string; empty means the embedded SQLite file.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>The SQLite file, used when <see cref="Postgres"/> is empty; <c>ddpm-data/ddpm.db</c> by default.</summary>
    public string SqliteFile { get; set; } = "ddpm-data/ddpm.db";

    /// <summary>Whether PostgreSQL is used.</summary>
    public bool IsPostgres => Postgres.Length > 0;
}
