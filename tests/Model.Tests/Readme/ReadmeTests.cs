using System.Runtime.CompilerServices;
using DdpmJobs.Model.Schedules;

namespace DdpmJobs.Model.Tests.Readme;

/// <summary>The README's new schedule is the file beside this one, so it compiles, and it is one.</summary>
public class ReadmeTests
{
    [Fact]
    public void AddASchedule_TheCodeInTheReadme_IsTheCodeThatIsTested()
    {
        string readme = File.ReadAllText(Path.Combine(Root(), "README.md"));
        string code = File.ReadAllText(Path.Combine(Root(), "tests", "Model.Tests", "Readme", "QuadraticSchedule.cs"));
        Assert.Contains("```csharp\n" + code + "```", readme);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void QuadraticSchedule_AnyT_RisesFromStartToEnd(int timesteps)
    {
        double[] betas = new QuadraticSchedule().Betas(timesteps);
        Assert.Equal(timesteps, betas.Length);
        Assert.Equal(1e-4, betas[0], 12);
        Assert.Equal(betas.Order(), betas);
        if (timesteps > 1)
            Assert.Equal(0.02, betas[^1], 12);
    }

    private static string Root([CallerFilePath] string here = "")
    {
        string folder = here;
        while (!File.Exists(Path.Combine(folder, "DdpmJobs.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
