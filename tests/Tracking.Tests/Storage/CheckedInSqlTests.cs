using System.Runtime.CompilerServices;
using DdpmJobs.Tracking.Storage;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace DdpmJobs.Tracking.Tests.Storage;

/// <summary>The SQL beside the migrations is what reviewers read, so it must be what the migrations do.</summary>
public class CheckedInSqlTests
{
    [Theory]
    [InlineData("Sqlite", "", MigrationsSqlGenerationOptions.Default, "")] // SQLite has no conditions in scripts
    [InlineData("Postgres", "Host=localhost;Database=nowhere", MigrationsSqlGenerationOptions.Idempotent, " --idempotent")]
    public async Task Schema_File_IsWhatTheMigrationsDo(string provider, string postgres, MigrationsSqlGenerationOptions options, string flag)
    {
        using var factory = new TrackingDbFactory(new StoreOptions { Postgres = postgres, SqliteFile = "nowhere.db" });
        await using TrackingDb db = factory.CreateDbContext();
        string script = db.GetService<IMigrator>().GenerateScript(options: options);
        string file = Path.Combine(Root(), "migrations", provider, "schema.sql");
        string checkedIn = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.True(
            Lines(script).SequenceEqual(Lines(checkedIn)),
            $"{file} is old. Write it anew: dotnet ef migrations script{flag} --project migrations/{provider} --output migrations/{provider}/schema.sql");
    }

    private static IEnumerable<string> Lines(string sql) => sql.ReplaceLineEndings("\n").Trim().Split('\n').Select(line => line.TrimEnd());

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
