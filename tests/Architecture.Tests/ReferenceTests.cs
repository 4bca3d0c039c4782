using System.Xml.Linq;

namespace DdpmJobs.Architecture.Tests;

/// <summary>A project references only projects to its left: Model, Tracking, Scheduler and GpuRunner, Cli.</summary>
public class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Model"] = [],
        ["Tracking"] = ["Model"],
        ["Scheduler"] = ["Model", "Tracking"],
        ["GpuRunner"] = ["Model", "Tracking"],
        ["Cli"] = ["Model", "Tracking", "Scheduler", "GpuRunner", "Sqlite", "Postgres"],
        ["Sqlite"] = ["Model", "Tracking"],
        ["Postgres"] = ["Model", "Tracking"],
    };

    public static TheoryData<string> Projects()
    {
        var projects = new TheoryData<string>();
        foreach (string folder in new[] { "src", "migrations" })
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.csproj", SearchOption.AllDirectories))
                projects.Add(Repository.Show(file));
        }

        return projects;
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectReferences_EveryProject_PointLeft(string project)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        Assert.True(Allowed.ContainsKey(name), $"{project} is not in the reference chain; add it to ARCHITECTURE.md and here.");
        IEnumerable<string> references = XDocument.Load(Path.Combine(Repository.Root, project))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.All(references, reference => Assert.Contains(reference, Allowed[name]));
    }

    [Theory]
    [InlineData("Scheduler", "TorchSharp")]
    [InlineData("Model", "Microsoft.EntityFrameworkCore")]
    [InlineData("Model", "MassTransit")]
    [InlineData("Tracking", "MassTransit")]
    [InlineData("GpuRunner", "Hangfire")]
    public void Sources_Project_DoNotUse(string project, string forbidden)
    {
        IEnumerable<string> users = Repository.SourceFiles($"src/{project}")
            .Where(file => File.ReadLines(file).Any(line => line.StartsWith($"using {forbidden}", StringComparison.Ordinal)))
            .Select(Repository.Show);
        Assert.Empty(users);
    }
}
