using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Storage;

/// <summary>The few places where the two databases speak differently.</summary>
public abstract class SqlDialect
{
    /// <summary>An expression for the database's clock as the column type of times.</summary>
    public abstract string Now { get; }

    /// <summary>Suffix of a select that locks its rows until the end of the transaction; empty where a transaction locks the whole database.</summary>
    public abstract string ForUpdate { get; }

    /// <summary>As <see ref="ForUpdate"/>, passing over rows that others have locked.</summary>
    public abstract string ForUpdateSkipLocked { get; }

    /// <summary>Column type of a JSON document.</summary>
    public abstract string JsonType { get; }

    /// <summary>Reads the database's clock, UTC.</summary>
    public abstract Task<DateTime> NowAsync(TrackingDb db, CancellationToken cancel);

    /// <summary>Maps what the provider cannot map by itself.</summary>
    public abstract void Configure(ModelBuilder model);
}
