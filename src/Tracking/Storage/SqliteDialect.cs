using System.Globalization;
using DdpmJobs.Tracking.Evaluations;
using DdpmJobs.Tracking.Metrics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace DdpmJobs.Tracking.Storage;

/// <summary>SQLite, for the embedded mode. Times are text in UTC; arrays are JSON text.</summary>
public sealed class SqliteDialect : SqlDialect
{
    // Every writing transaction begins immediate, so its reads are locked already.

    /// <inheritdoc/>
    public override string Now => "strftime('%Y-%m-%d %H:%M:%f', 'now')";

    /// <inheritdoc/>
    public override string ForUpdate => "";

    /// <inheritdoc/>
    public override string ForUpdateSkipLocked => "";

    /// <inheritdoc/>
    public override string JsonType => "TEXT";

    /// <inheritdoc/>
    public override async Task<DateTime> NowAsync(TrackingDb db, CancellationToken cancel)
    {
        string text = await db.Database.SqlQueryRaw<string>("select strftime('%Y-%m-%d %H:%M:%f', 'now') as \"Value\"").SingleAsync(cancel);
        return DateTime.ParseExact(text, "yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
    }

    /// <inheritdoc/>
    public override void Configure(ModelBuilder model)
    {
        // What SQLite returns has no kind; all times here are UTC.
        var utc = new ValueConverter<DateTime, DateTime>(time => time, time => DateTime.SpecifyKind(time, DateTimeKind.Utc));
        foreach (IMutableProperty property in model.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            if (property.ClrType == typeof(DateTime) || property.ClrType == typeof(DateTime?))
                property.SetValueConverter(utc);
        }

        // SQLite has no NaN, so measured numbers are shortest round-trip text, with NaN, Infinity and -Infinity as words; the views cast them.
        var exact = new ValueConverter<double, string>(
            value => value.ToString("R", CultureInfo.InvariantCulture), text => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        model.Entity<MetricLast>().Property(last => last.Value).HasConversion(exact);
        model.Entity<Evaluation>().Property(evaluation => evaluation.Value).HasConversion(exact);
        model.Entity<Evaluation>().Property(evaluation => evaluation.StandardError).HasConversion(exact);
        model.Entity<MetricChunk>(chunk =>
        {
            chunk.Property(c => c.Steps).HasConversion(steps => JsonArrays.Write(steps), text => JsonArrays.ReadSteps(text), ByReference<long[]>());
            chunk.Property(c => c.Values).HasConversion(values => JsonArrays.Write(values), text => JsonArrays.ReadValues(text), ByReference<double[]>());
            chunk.Property(c => c.Times).HasConversion(times => JsonArrays.Write(times), text => JsonArrays.ReadTimes(text), ByReference<DateTime[]>());
        });
    }

    // Chunks are never changed once written.
    private static ValueComparer<T> ByReference<T>() where T : class => new((a, b) => ReferenceEquals(a, b), value => value.GetHashCode());
}
