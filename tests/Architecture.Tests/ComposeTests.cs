using System.Text.RegularExpressions;

namespace DdpmJobs.Architecture.Tests;

/// <summary>What the compose file promises: no secret has a default, and every setting it gives is one that the program knows.</summary>
public partial class ComposeTests
{
    private static readonly string Compose = File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml"));

    [Fact]
    public void Secrets_EveryUse_IsRequiredAndHasNoDefault()
    {
        string[] secrets = [.. Variable().Matches(Compose).Select(match => match.Groups[1].Value).Where(text => text.Contains("PASSWORD", StringComparison.Ordinal) || text.Contains("TOKEN", StringComparison.Ordinal))];
        Assert.True(secrets.Length >= 4);
        Assert.All(secrets, secret => Assert.Contains(":?", secret));
    }

    [Fact]
    public void Settings_EveryName_IsDocumented()
    {
        string documented = File.ReadAllText(Path.Combine(Repository.Root, "docs", "cli.md"));
        string[] names = [.. Setting().Matches(Compose).Select(match => match.Value).Distinct()];
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains($"`{name}`", documented));
    }

    [Fact]
    public void Targets_EveryBuild_IsAStageOfTheDockerfile()
    {
        string dockerfile = File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile"));
        string[] targets = [.. Target().Matches(Compose).Select(match => match.Groups[1].Value).Distinct()];
        Assert.Equal(["scheduler", "runner", "gpu-runner"], targets);
        Assert.All(targets, target => Assert.Contains($" AS {target}\n", dockerfile));
    }

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"DDPM__\w+")]
    private static partial Regex Setting();

    [GeneratedRegex(@"target: ([\w-]+)")]
    private static partial Regex Target();
}
