using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Hosting;

namespace DdpmJobs.Cli.Tests.Hosting;

public class DataFolderTests
{
    [Fact]
    public void Open_FolderInUse_NamesTheHolder()
    {
        using ScratchFolder scratch = new();
        using DataFolder held = DataFolder.Open(scratch.At("data"));
        held.Announce(new Uri("http://127.0.0.1:5099"));
        CliException error = Assert.Throws<CliException>(() => DataFolder.Open(scratch.At("data")));
        Assert.Contains(Environment.ProcessId.ToString(), error.Message);
        Assert.Contains("http://127.0.0.1:5099", error.Message);
    }

    [Fact]
    public void Open_AfterTheHolderEnded_Succeeds()
    {
        using ScratchFolder scratch = new();
        DataFolder.Open(scratch.At("data")).Dispose();
        using DataFolder again = DataFolder.Open(scratch.At("data"));
        Assert.True(Directory.Exists(again.Path));
    }

    [Fact]
    public void Open_FolderThatCannotBe_IsRefused()
    {
        using ScratchFolder scratch = new();
        string file = scratch.Write("file", "");
        CliException error = Assert.Throws<CliException>(() => DataFolder.Open(Path.Combine(file, "data")));
        Assert.Contains("cannot be written", error.Message);
        Assert.Contains("--data", error.Message);
    }
}
