using DdpmJobs.Cli.Hosting;

namespace DdpmJobs.Cli.Tests.Hosting;

public class SettingsPageTests
{
    [Fact]
    public void CliPage_ListsExactlyTheSettings()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "docs", "cli.md")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        IEnumerable<string> documented = File.ReadLines(Path.Combine(folder!, "docs", "cli.md")).Where(l => l.StartsWith("| `DDPM__", StringComparison.Ordinal)).Select(l => l.Split('`')[1]);
        IEnumerable<string> settings = new Deployment().Sections.SelectMany(s => s.Options.GetType().GetProperties().Where(p => p.SetMethod is { IsPublic: true }).Select(p => $"DDPM__{s.Section}{p.Name}"));
        Assert.Equal(settings.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }
}
