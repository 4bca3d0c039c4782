using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Storage;

/// <summary>The truth in PostgreSQL.</summary>
public sealed class PostgresTrackingDb(DbContextOptions<PostgresTrackingDb> options) : TrackingDb(options, new PostgresDialect());
