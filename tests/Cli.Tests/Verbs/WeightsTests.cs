using DdpmJobs.Cli.Tests.Weights;
using DdpmJobs.Model.Evaluation.FeatureNetworks;

namespace DdpmJobs.Cli.Tests.Verbs;

public sealed class WeightsTests : IDisposable
{
    private const string File20 = "resnet20-12fca82f.th";

    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private string Folder => _scratch.At("weights");

    private Task<Cli> RunAsync(params string[] arguments) => Cli.RunAsync(new Dictionary<string, string> { ["DDPM__Weights__Folder"] = Folder }, ["weights", .. arguments]);

    [Fact]
    public async Task Url_EveryNetwork_IsPrintedWithItsPlace()
    {
        Cli text = await RunAsync("url");
        Assert.Equal((0, ""), (text.Code, text.Errors));
        Assert.Equal(PublishedWeights.All.Select(weights => $"{weights.Network} {weights.Url}"), text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()));
        Cli json = await RunAsync("url", "--json");
        Assert.Equal(95_628_359, json.Json[0].GetProperty("length").GetInt64());
        Assert.Equal("inception", json.Json[0].GetProperty("network").GetString());
    }

    [Fact]
    public async Task ListAndVerify_NothingThere_SaySo()
    {
        Cli list = await RunAsync("list");
        Assert.Equal((0, ""), (list.Code, list.Errors));
        Assert.Contains("cifar10_resnet56", list.Output);
        Assert.Contains("not there", list.Output);
        Assert.Equal($"{Folder} holds no weights.", (await RunAsync("verify")).Output.Trim());
        Assert.Equal(0, (await RunAsync("verify", "--json")).Json.GetArrayLength());
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task ListAndVerify_DamagedFileAndPart_ShowThem()
    {
        Directory.CreateDirectory(Folder);
        string file = _scratch.Write($"weights/{File20}", "cut");
        _scratch.Write("weights/resnet32-d509ac18.th.part", "12345");
        string[] states = [.. (await RunAsync("list", "--json")).Json.EnumerateArray().Select(row => row.GetProperty("state").GetString()!)];
        Assert.Equal(["not there", "damaged: of another length", "broken off after 5 bytes", "not there", "not there"], states);
        Assert.Contains($"{file} cannot be used as the weights of cifar10_resnet20: it has 3 bytes instead of 1099231", (await RunAsync("verify")).Refusal());
    }

    [Fact]
    public async Task Add_BadSource_IsRefusedInOneSentence()
    {
        string text = _scratch.Write("notes.txt", "no weights");
        Assert.Contains("are none of the known weights, pt_inception-2015-12-05-6726825d.pth, ", (await RunAsync("add", text)).Refusal());
        Assert.Contains("cannot be used as the weights of inception: it has 3 bytes", (await RunAsync("add", _scratch.Write("pt_inception-2015-12-05-6726825d.pth", "cut"))).Refusal());
        Assert.Contains("there is no such file", (await RunAsync("add", _scratch.At("none.pth"))).Refusal());
        Assert.Contains("does not end with the name of a published file", (await RunAsync("add", "http://127.0.0.1:1/x.pth")).Refusal());
        Assert.Contains("is no address of http or https", (await RunAsync("add", $"ftp://127.0.0.1/{File20}")).Refusal());
        Assert.Contains("(see ddpm weights add --help)", (await RunAsync("add")).Refusal());
        Assert.Contains("(see ddpm weights --help)", (await RunAsync()).Refusal());
        Assert.Equal("ddpm: there is no verb 'ad'; did you mean \"add\"?", (await RunAsync("ad", "x")).Refusal());
        Assert.Equal("ddpm: DDPM__Weights__Folder must be the path of a folder; got an empty text",
            (await Cli.RunAsync(new Dictionary<string, string> { ["DDPM__Weights__Folder"] = "" }, "weights", "list")).Refusal());
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public async Task Help_VerbsOfWeights_AreListed()
    {
        Cli help = await RunAsync("--help");
        Assert.Equal(0, help.Code);
        Assert.All(new[] { "add", "list", "verify", "url", "ddpm weights add inception" }, word => Assert.Contains(word, help.Output));
        Assert.Contains("SOURCE", (await RunAsync("add", "--help")).Output);
    }

    [Fact]
    public async Task Add_PublishedFile_ComesInByPathAndByAddress()
    {
        string data = Path.Combine(Environment.GetEnvironmentVariable("DDPM_TEST_DATA") ?? "", "cifar10-resnet", File20);
        Assert.SkipUnless(File.Exists(data), $"DDPM_TEST_DATA has no {File20}.");
        string place = Path.Combine(Folder, File20);
        string renamed = _scratch.At("any name");
        File.Copy(data, renamed);
        Cli add = await RunAsync("add", renamed);
        Assert.Equal((0, "", $"{place}: the weights of cifar10_resnet20, checked."), (add.Code, add.Errors, add.Output.Trim()));
        Assert.Equal([place], Directory.GetFiles(Folder));
        Assert.Equal(0, (await RunAsync("add", place)).Code);
        Assert.Contains($"{place}: the weights of cifar10_resnet20, as published.", (await RunAsync("verify")).Output);

        File.Delete(place);
        await using FileServer server = await FileServer.StartAsync(await File.ReadAllBytesAsync(data, TestContext.Current.CancellationToken), breaksAfter: 500_000);
        Assert.Contains("the same command goes on from there", (await RunAsync("add", $"{server.At(File20)}")).Errors);
        Cli rest = await RunAsync("add", $"{server.At(File20)}", "--json");
        Assert.Equal(place, rest.Json.GetProperty("file").GetString());
        Assert.StartsWith("bytes=", server.Ranges[1]);
        Assert.Equal(0, (await RunAsync("verify")).Code);
    }
}
