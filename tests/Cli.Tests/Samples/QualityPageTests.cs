using System.Globalization;
using System.Text.RegularExpressions;
using DdpmJobs.Model.Specs;
using DdpmJobs.Scheduler.Sweeps;

namespace DdpmJobs.Cli.Tests.Samples;

/// <summary>What docs/quality.md writes is accepted, and costs what it says.</summary>
public sealed partial class QualityPageTests
{
    private static string Page => Repository.Read("docs", "quality.md");

    [Fact]
    public void Examples_AllOfThePage_AreAcceptedForImagesOfCifar10() => Assert.All(Example().Matches(Page).Select(match => match.Groups[1].Value), yaml => Parse(yaml));

    [Theory]
    [InlineData("paper")]
    [InlineData("proxy")]
    [InlineData("smoke")]
    public void Preset_OfThePage_CostsWhatTheTableSays(string preset)
    {
        string yaml = Example().Matches(Page).Select(match => match.Groups[1].Value).Single(example => example.StartsWith($"# {preset}\n", StringComparison.Ordinal));
        RunSpec spec = Parse(yaml);
        string[] row = Page.Split('\n').Single(line => line.StartsWith($"| `{preset}` |", StringComparison.Ordinal)).Split('|');
        long evaluations = (long)spec.Evaluation.Samples.Count * spec.Evaluation.Samples.EvaluationsPerImage(spec);
        Assert.Contains(spec.Evaluation.Samples.Count.ToString("N0", CultureInfo.InvariantCulture), row[2], StringComparison.Ordinal);
        Assert.Equal(evaluations.ToString("N0", CultureInfo.InvariantCulture), row[4].Trim());
    }

    private static RunSpec Parse(string yaml) =>
        SweepFile.Parse($"name: page\nrun:\n  data: cifar10\n{Regex.Replace(yaml, "^", "  ", RegexOptions.Multiline)}", "page.yaml", "test").Runs[0].Spec;

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
