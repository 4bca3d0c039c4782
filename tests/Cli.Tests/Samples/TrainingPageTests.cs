using System.Text.RegularExpressions;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;

namespace DdpmJobs.Cli.Tests.Samples;

/// <summary>What docs/training.md writes is accepted.</summary>
public sealed partial class TrainingPageTests
{
    [Fact]
    public void Parse_EveryExampleOfThePage_IsARunWithoutWarnings()
    {
        string[] examples = [.. Example().Matches(File.ReadAllText(Page())).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(examples);
        foreach (string yaml in examples)
        {
            string sweep = $"name: page\nrun:\n  data: optdigits\n  network: {{ kind: ddpm_unet, multipliers: [1, 2], attention: [4] }}\n{Regex.Replace(yaml, "^", "  ", RegexOptions.Multiline)}";
            RunSpec run = SweepFile.Parse(sweep, "page.yaml", "test").Runs[0].Spec;
            RunChecks.Check(run);
            Assert.Empty(RunWarnings.Of(run));
        }
    }

    private static string Page()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "DdpmJobs.sln")))
            folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder!, "docs", "training.md");
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
