using DdpmJobs.Scheduler.Sweeps;
using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Scheduler.Tests.Sweeps;

public sealed class SampleSweepTests
{
    [Fact]
    public void Parse_Digits_IsFourRuns()
    {
        SweepDraft sweep = Parse("digits.yaml");

        Assert.Equal("digits", sweep.Name);
        Assert.Equal(
            ["schedule=linear prediction=epsilon", "schedule=linear prediction=v", "schedule=cosine prediction=epsilon", "schedule=cosine prediction=v"],
            sweep.Runs.Select(r => r.Name));
    }

    [Fact]
    public void Parse_EverySample_IsAccepted() =>
        Assert.All(Directory.GetFiles(Folder(), "*.yaml"), path => Assert.NotEmpty(Parse(Path.GetFileName(path)).Runs));

    private static SweepDraft Parse(string file) => SweepFile.Parse(File.ReadAllText(Path.Combine(Folder(), file)), file, "test");

    private static string Folder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DdpmJobs.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "samples");
    }
}
