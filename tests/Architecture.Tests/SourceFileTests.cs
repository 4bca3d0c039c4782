using System.Text.RegularExpressions;

namespace DdpmJobs.Architecture.Tests;

/// <summary>The folder list is the table of contents: namespace = folder, one public type a file, files a person can read in one sitting.</summary>
public partial class SourceFileTests
{
    private const int LongestFile = 300;

    // A whole network may be one file; each of these says at its top why it is long.
    private static readonly HashSet<string> MayBeLong = [];

    public static TheoryData<string> Projects() => new("Model", "Tracking", "Scheduler", "GpuRunner", "Cli");

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespace_EveryFile_IsItsFolder(string project)
    {
        Assert.All(Repository.SourceFiles($"src/{project}"), file =>
        {
            Match match = NamespaceLine().Match(File.ReadAllText(file));
            if (!match.Success)
                return; // top-level statements and global usings
            string folder = Path.GetRelativePath(Path.Combine(Repository.Root, "src"), Path.GetDirectoryName(file)!);
            Assert.Equal("DdpmJobs." + folder.Replace(Path.DirectorySeparatorChar, '.'), match.Groups[1].Value);
        });
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void PublicType_EveryFile_IsOneAndNamedAsTheFile(string project)
    {
        Assert.All(Repository.SourceFiles($"src/{project}"), file =>
        {
            string[] types = PublicType().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Distinct().ToArray();
            Assert.True(types.Length <= 1, $"{Repository.Show(file)} has {types.Length} public types: {string.Join(", ", types)}.");
            if (types.Length == 1)
                Assert.Equal(Path.GetFileName(file).Split('.')[0], types[0]);
        });
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Length_EveryFile_IsReadable(string project)
    {
        IEnumerable<string> tooLong = Repository.SourceFiles($"src/{project}")
            .Where(file => !MayBeLong.Contains(Repository.Show(file)) && File.ReadLines(file).Count() > LongestFile)
            .Select(Repository.Show);
        Assert.Empty(tooLong);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Names_EveryFolderAndType_SayWhatTheyAre(string project)
    {
        string[] empty = ["Utils", "Util", "Common", "Helpers", "Helper", "Managers", "Manager", "Services", "Impl", "Misc"];
        Assert.All(Repository.SourceFiles($"src/{project}"), file =>
        {
            string[] parts = Repository.Show(file).Split('/');
            Assert.DoesNotContain(parts, part => empty.Any(word => Path.GetFileNameWithoutExtension(part) == word || part.EndsWith(word + ".cs", StringComparison.Ordinal)));
        });
    }

    [Fact]
    public void Todo_Sources_AreNone()
    {
        IEnumerable<string> unfinished = new[] { "src", "migrations" }.SelectMany(Repository.SourceFiles)
            .Where(file => File.ReadLines(file).Any(line => line.Contains("TODO", StringComparison.Ordinal) || line.Contains("NotImplementedException", StringComparison.Ordinal)))
            .Select(Repository.Show);
        Assert.Empty(unfinished);
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    // A type at the left margin is not nested.
    [GeneratedRegex(@"^public (?:static |sealed |abstract |readonly |partial |unsafe |ref )*(?:record struct|record class|record|class|struct|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex PublicType();
}
