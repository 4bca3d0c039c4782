using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Storage;

/// <summary>PostgreSQL 15 or newer.</summary>
public sealed class PostgresDialect : SqlDialect
{
    /// <inheritdoc/>
    public override string Now => "now()";

    /// <inheritdoc/>
    public override string ForUpdate => " for update";

    /// <inheritdoc/>
    public override string ForUpdateSkipLocked => " for update skip locked";

    /// <inheritdoc/>
    public override string JsonType => "jsonb";

    /// <inheritdoc/>
    public override Task<DateTime> NowAsync(TrackingDb db, CancellationToken cancel) =>
        db.Database.SqlQueryRaw<DateTime>("select clock_timestamp() as \"Value\"").SingleAsync(cancel);

    /// <inheritdoc/>
    public override void Configure(ModelBuilder model)
    {
        // Npgsql maps arrays, jsonb and timestamptz by itself.
    }
}
