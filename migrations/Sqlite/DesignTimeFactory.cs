using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace DdpmJobs.Migrations.Sqlite;

/// <summary>Lets the design-time tools make a context; nothing connects.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<SqliteTrackingDb>
{
    /// <inheritdoc/>
    public SqliteTrackingDb CreateDbContext(string[] args) =>
        new(TrackingDbFactory.Configure(new DbContextOptionsBuilder<SqliteTrackingDb>(), "design-time.db").Options);
}
