using DdpmJobs.Tracking.Storage;
using DdpmJobs.Tracking.Tests.Conformance;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace DdpmJobs.Tracking.Tests.Storage;

public sealed class MigrationLevelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-level-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Migrate_ThenCheck_IsCurrentAndTwiceDoesNothing(bool postgres)
    {
        using TrackingDbFactory factory = await FactoryAsync(postgres);
        await using TrackingDb db = factory.CreateDbContext();
        StoreUnavailableException missing = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.RequireCurrentAsync(db, Cancel));
        Assert.Contains("ddpm migrate", missing.Message);
        Assert.NotEmpty(await MigrationLevel.MigrateAsync(db, Cancel));
        await MigrationLevel.RequireCurrentAsync(db, Cancel);
        Assert.Empty(await MigrationLevel.MigrateAsync(db, Cancel));
        Assert.False(db.Database.HasPendingModelChanges());

        // A level that this program does not know is a newer program's.
        await db.Database.ExecuteSqlRawAsync("""insert into "__EFMigrationsHistory" values ('29990101000000_Future', '99')""", Cancel);
        StoreUnavailableException newer = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.RequireCurrentAsync(db, Cancel));
        Assert.Contains("29990101000000_Future", newer.Message);
        Assert.Contains("Update the program", newer.Message);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.MigrateAsync(db, Cancel));
        await db.Database.EnsureDeletedAsync(Cancel);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Migrate_DownAndUpAgainWithASweep_KeepsItsJobs(bool postgres)
    {
        await using Store store = await Store.CreateAsync(postgres);
        await store.SubmitAsync("kept", runs: 2);
        await using TrackingDb db = await store.DbAsync();
        IMigrator migrator = db.GetService<IMigrator>();
        await migrator.MigrateAsync("Selections", Cancel);
        Assert.Equal(6, (await store.QueryAsync("select id from job")).Count);
        Assert.Equal(2, (await store.QueryAsync($"select run_id from {store.V1}run_summary")).Count);

        await migrator.MigrateAsync(null, Cancel);
        await MigrationLevel.RequireCurrentAsync(db, Cancel);
        Assert.Equal(6, (await store.QueryAsync("select id from job where shard is null")).Count);
        Assert.Equal(["blocked", "blocked"], (await store.QueryAsync($"select evaluate_state from {store.V1}run_summary")).Select(row => row[0]));
    }

    [Fact]
    public async Task RequireCurrent_NoServer_NamesHostAndPortButNotThePassword()
    {
        using var factory = new TrackingDbFactory(new StoreOptions { Postgres = "Host=127.0.0.1;Port=1;Username=u;Password=s3cret;Database=d;Timeout=3" });
        await using TrackingDb db = factory.CreateDbContext();
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.RequireCurrentAsync(db, Cancel));
        Assert.Contains("127.0.0.1:1", error.Message);
        Assert.DoesNotContain("s3cret", error.Message);
    }

    [Fact]
    public async Task RequireCurrent_UnknownHost_NamesIt()
    {
        using var factory = new TrackingDbFactory(new StoreOptions { Postgres = "Host=no-such-host.invalid;Username=u;Password=s3cret;Database=d;Timeout=3" });
        await using TrackingDb db = factory.CreateDbContext();
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.RequireCurrentAsync(db, Cancel));
        Assert.Contains("no-such-host.invalid:5432", error.Message);
        Assert.DoesNotContain("s3cret", error.Message);
    }

    [Fact]
    public async Task RequireCurrent_WrongPassword_SaysSo()
    {
        var parts = new NpgsqlConnectionStringBuilder(await Store.FreshPostgresAsync()) { Password = "s3cret" };
        using var factory = new TrackingDbFactory(new StoreOptions { Postgres = parts.ConnectionString });
        await using TrackingDb db = factory.CreateDbContext();
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.RequireCurrentAsync(db, Cancel));
        Assert.Contains("refuses the login", error.Message);
        Assert.DoesNotContain("s3cret", error.Message);
    }

    [Fact]
    public async Task Migrate_AnotherWasKilledWhileMigrating_GoesOn()
    {
        using TrackingDbFactory factory = await FactoryAsync(postgres: false);
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        await using (TrackingDb killed = factory.CreateDbContext())
        {
            await killed.GetService<IRelationalDatabaseCreator>().CreateAsync(Cancel);
            await killed.GetService<IHistoryRepository>().AcquireDatabaseLockAsync(Cancel); // never released
            await killed.Database.ExecuteSqlRawAsync("""update "__EFMigrationsLock" set "Timestamp" = '2020-01-01 00:00:00+00:00'""", Cancel);
        }

        await using TrackingDb db = factory.CreateDbContext();
        Assert.NotEmpty(await MigrationLevel.MigrateAsync(db, Cancel));
    }

    [Fact]
    public async Task MigrateAlone_AnotherWasKilledWhileMigrating_DoesNotWait()
    {
        using TrackingDbFactory factory = await FactoryAsync(postgres: false);
        Directory.CreateDirectory(Path.Combine(_folder, "sub"));
        await using (TrackingDb killed = factory.CreateDbContext())
        {
            await killed.GetService<IRelationalDatabaseCreator>().CreateAsync(Cancel);
            await killed.GetService<IHistoryRepository>().AcquireDatabaseLockAsync(Cancel); // a moment ago, and never released
        }

        await using TrackingDb db = factory.CreateDbContext();
        Assert.NotEmpty(await MigrationLevel.MigrateAloneAsync(db, Cancel));
    }

    [Fact]
    public async Task Migrate_NotADatabaseFile_SaysSo()
    {
        string file = Path.Combine(_folder, "ddpm.db");
        await File.WriteAllTextAsync(file, new string('x', 5000), Cancel);
        using var factory = new TrackingDbFactory(new StoreOptions { SqliteFile = file });
        await using TrackingDb db = factory.CreateDbContext();
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.MigrateAsync(db, Cancel));
        Assert.Contains(file, error.Message);
        Assert.Contains("not an SQLite database", error.Message);
    }

    [Fact]
    public async Task Migrate_FolderCannotBeMade_NamesTheFile()
    {
        string blocker = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(blocker, "", Cancel);
        using var factory = new TrackingDbFactory(new StoreOptions { SqliteFile = Path.Combine(blocker, "ddpm.db") });
        await using TrackingDb db = factory.CreateDbContext();
        StoreUnavailableException error = await Assert.ThrowsAsync<StoreUnavailableException>(() => MigrationLevel.MigrateAsync(db, Cancel));
        Assert.Contains("--data", error.Message);
    }

    [Fact]
    public void Factory_UnreadableConnectionString_ShowsHowItShouldLook()
    {
        StoreUnavailableException error = Assert.Throws<StoreUnavailableException>(() => new TrackingDbFactory(new StoreOptions { Postgres = "postgres://u:p@h/d" }));
        Assert.Contains("Host=", error.Message);
    }

    private async Task<TrackingDbFactory> FactoryAsync(bool postgres) => new(new StoreOptions
    {
        Postgres = postgres ? await Store.FreshPostgresAsync() : "",
        SqliteFile = Path.Combine(_folder, "sub", "ddpm.db"),
    });
}
