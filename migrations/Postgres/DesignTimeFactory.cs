using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace DdpmJobs.Migrations.Postgres;

/// <summary>Lets the design-time tools make a context; nothing connects.</summary>
public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<PostgresTrackingDb>
{
    /// <inheritdoc/>
    public PostgresTrackingDb CreateDbContext(string[] args) =>
        new(TrackingDbFactory.Configure(new DbContextOptionsBuilder<PostgresTrackingDb>(), NpgsqlDataSource.Create("Host=localhost;Database=design_time")).Options);
}
