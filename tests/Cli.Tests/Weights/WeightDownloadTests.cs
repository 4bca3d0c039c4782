using System.Security.Cryptography;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Cli.Weights;
using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.Cli.Tests.Weights;

public sealed class WeightDownloadTests : IDisposable
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 37 + i / 251))];

    private readonly ScratchFolder _scratch = new();
    private readonly StringWriter _progress = new();

    public void Dispose()
    {
        _scratch.Dispose();
        _progress.Dispose();
    }

    private static PublishedWeights Weights { get; } = new()
    {
        Network = "test",
        FileName = "test.pth",
        Length = Content.Length,
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(Content)),
        Url = new Uri("http://example.org/test.pth"),
        License = "none",
    };

    private string Place => _scratch.At("weights/test.pth");

    private string Part => Place + ".part";

    [Fact]
    public async Task Run_WholeFile_IsCheckedAndPutInItsPlace()
    {
        await using FileServer server = await FileServer.StartAsync(Content);
        Assert.Equal(Place, await DownloadAsync(server));
        Assert.Equal(Content, await File.ReadAllBytesAsync(Place, TestContext.Current.CancellationToken));
        Assert.Equal([""], server.Ranges);
        Assert.False(File.Exists(Part));
        string[] lines = _progress.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, 2, 10);
        Assert.EndsWith("300,000 of 300,000 bytes", lines[^1].TrimEnd());
    }

    [Fact]
    public async Task Run_BrokenOff_GoesOnFromThere()
    {
        await using FileServer server = await FileServer.StartAsync(Content, breaksAfter: 100_000);
        string message = await RefusalAsync(server);
        Assert.Contains("the download broke off after ", message);
        Assert.Contains(" of 300000 bytes", message);
        Assert.EndsWith("the same command goes on from there.", message);
        Assert.False(File.Exists(Place));
        long there = new FileInfo(Part).Length;
        Assert.InRange(there, 1, 100_000);
        await DownloadAsync(server);
        Assert.Equal(["", $"bytes={there}-"], server.Ranges);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Place, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_ServerWithoutRanges_BeginsAnew()
    {
        await using FileServer server = await FileServer.StartAsync(Content, knowsRanges: false);
        await LeaveAsync(Content[..1000]);
        await DownloadAsync(server);
        Assert.Equal(["bytes=1000-"], server.Ranges);
        Assert.Equal(Content, await File.ReadAllBytesAsync(Place, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Run_WholePartLeftBehind_NeedsNoServer()
    {
        await LeaveAsync(Content);
        await new WeightDownload(_progress).RunAsync(new Uri("http://127.0.0.1:1/test.pth"), Weights, new WeightsFolder(_scratch.At("weights")), TestContext.Current.CancellationToken);
        Assert.True(File.Exists(Place));
    }

    [Fact]
    public async Task Run_PartThatIsWrong_IsRefusedAndRemoved()
    {
        await using FileServer server = await FileServer.StartAsync(Content);
        await LeaveAsync(new byte[1000]);
        Assert.Contains("its SHA-256 is", await RefusalAsync(server));
        Assert.Empty(Directory.GetFiles(_scratch.At("weights")));

        // One that is too long cannot be a part of it.
        await LeaveAsync(new byte[Content.Length + 1]);
        await DownloadAsync(server);
        Assert.Equal(["bytes=1000-", ""], server.Ranges);
    }

    [Fact]
    public async Task Run_OtherFile_IsRefusedByItsLength()
    {
        await using FileServer server = await FileServer.StartAsync([.. Content, 1]);
        Assert.Contains("has 300001 bytes, but test.pth has 300000; it is another file.", await RefusalAsync(server));
        await LeaveAsync(Content[..5]);
        Assert.Contains("has 300001 bytes, but test.pth has 300000; it is another file.", await RefusalAsync(server));
        Assert.Equal(5, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task Run_OtherBytesThanAskedFor_AreRefused()
    {
        await using FileServer server = await FileServer.StartAsync(Content, shift: 7);
        await LeaveAsync(Content[..5]);
        Assert.Contains("was asked for the bytes from 5 on and sends others", await RefusalAsync(server));
    }

    [Fact]
    public async Task Run_NoSuchFileOrNoServer_IsRefused()
    {
        await using FileServer server = await FileServer.StartAsync(Content);
        Assert.Contains("answers 404 Not Found", await RefusalAsync(server, "none"));
        CliException error = await Assert.ThrowsAsync<CliException>(() => new WeightDownload(_progress).RunAsync(
            new Uri("http://127.0.0.1:1/test.pth"), Weights, new WeightsFolder(_scratch.At("weights")), TestContext.Current.CancellationToken));
        Assert.Contains("the download broke off after 0 of 300000 bytes (http://127.0.0.1:1/test.pth: ", error.Message);
    }

    [Fact]
    public async Task Run_AnotherDownloadOfIt_IsRefused()
    {
        await using FileServer server = await FileServer.StartAsync(Content);
        await LeaveAsync([]);
        await using FileStream held = new(Part, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Contains("is in use: another process downloads it", await RefusalAsync(server));
    }

    private Task<string> DownloadAsync(FileServer server, string name = "test.pth") => new WeightDownload(_progress).RunAsync(
        server.At(name), Weights, new WeightsFolder(_scratch.At("weights")), TestContext.Current.CancellationToken);

    private async Task<string> RefusalAsync(FileServer server, string name = "test.pth") => (await Assert.ThrowsAsync<CliException>(() => DownloadAsync(server, name))).Message;

    private Task LeaveAsync(byte[] part)
    {
        Directory.CreateDirectory(_scratch.At("weights"));
        return File.WriteAllBytesAsync(Part, part, TestContext.Current.CancellationToken);
    }
}
