using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Storage;

/// <summary>The truth in an SQLite file.</summary>
public sealed class SqliteTrackingDb(DbContextOptions<SqliteTrackingDb> options) : TrackingDb(options, new SqliteDialect());
