using System.Diagnostics;

namespace DdpmJobs.Chaos.Tests;

/// <summary>Two trainings that begin at once. Without <see cref="Model.Networks.FirstPass"/> about every third process is killed by a fault inside oneDNN.</summary>
public class PairTests
{
    private const int Starts = 10;

    [Fact]
    public void Train_TwoAtOnceInOneProcess_BothEndEveryTime()
    {
        for (int i = 0; i < Starts; i++)
        {
            string folder = Directory.CreateTempSubdirectory("ddpm-pair-").FullName;
            try
            {
                ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "DdpmJobs.Chaos.Tests.dll"), PairHost.Verb, folder]) { RedirectStandardError = true };
                using Process process = Process.Start(start)!;
                string errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                Assert.True(process.ExitCode == 0, $"start {i}: exit code {process.ExitCode}; {errors}");
                Assert.Equal(2, Directory.GetFiles(folder, "step-00000002.safetensors", SearchOption.AllDirectories).Length);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
