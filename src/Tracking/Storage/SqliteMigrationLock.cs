using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace DdpmJobs.Tracking.Storage;

/// <summary>The row by which EF Core keeps two processes from migrating one SQLite file.</summary>
internal static class SqliteMigrationLock
{
    /// <summary>How long to wait for another process that migrates.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // The name is EF Core's own. A migration at work holds SQLite's write lock, so this cannot take the row from under one.
    private const string Table = "__EFMigrationsLock";

    /// <summary>Deletes the row when it is older than this.</summary>
    public static async Task<int> ReleaseAsync(TrackingDb db, TimeSpan olderThan, CancellationToken cancel)
    {
        string file = new SqliteConnectionStringBuilder(db.Database.GetConnectionString()).DataSource;
        if (!File.Exists(file) || await db.Database.SqlQuery<int>($"select count(*) as \"Value\" from sqlite_master where name = {Table}").SingleAsync(cancel) == 0)
            return 0;
        return await db.Database.ExecuteSqlAsync(
            $"""delete from "__EFMigrationsLock" where julianday('now') - julianday("Timestamp") > {olderThan.TotalDays}""", cancel);
    }
}
