using System.Globalization;
using DdpmJobs.Model.Tests.Golden;

namespace DdpmJobs.Model.Tests.Conformance;

public sealed class ConformanceReportTests
{
    [Fact]
    public void Committed_Report_ComparesEveryGoldenResult()
    {
        // | file | results | compared |
        string[][] files = [.. File.ReadAllLines(ConformanceReport.Committed)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(row => row.Length == 5 && int.TryParse(row[2], CultureInfo.InvariantCulture, out _)).Select(row => row[1..^1])];
        Assert.Equal(GoldenFile.Names, files.Select(row => row[0]));
        Assert.All(files, row =>
        {
            string there = ConformanceReport.ResultsOf(row[0]).Count().ToString(CultureInfo.InvariantCulture);
            Assert.True(row[1] == there && row[2] == there,
                $"{row[0]} has {there} golden results, and docs/conformance.md has {row[2]} of {row[1]} compared; conformance.md beside the tests names those that no test compares");
        });
    }

    [Fact]
    public void Outline_OfTheSameRowsWithOtherNumbers_IsTheSame()
    {
        const string row = "| sampler ddim | ermongroup/ddim | 3 | 328 | 1.2e-6 | -0.251 | 2.5e-4 |";
        Assert.Equal(ConformanceReport.Outline(row), ConformanceReport.Outline(row.Replace("1.2e-6", "7e-7", StringComparison.Ordinal)));
        Assert.NotEqual(ConformanceReport.Outline(row), ConformanceReport.Outline(row.Replace("328", "329", StringComparison.Ordinal)));
    }
}
