using System.Net;
using System.Net.Sockets;

namespace DdpmJobs.Cli.Tests.Verbs;

public class BadInputTests
{
    [Theory]
    [InlineData("run")]
    [InlineData("plan")]
    [InlineData("submit")]
    public async Task File_Missing_IsRefusedWithTheNearest(string verb)
    {
        using ScratchFolder scratch = new();
        string file = scratch.Write("digits.yaml", Sweeps.Yaml);
        string missing = scratch.At("digts.yaml");
        Assert.Equal($"ddpm: {missing}: there is no such file; did you mean \"{file}\"?", (await Cli.RunAsync(verb, missing)).Refusal());
    }

    [Fact]
    public async Task File_Folder_IsRefused()
    {
        using ScratchFolder scratch = new();
        Assert.Contains("this is a folder", (await Cli.RunAsync("plan", scratch.Path)).Refusal());
    }

    [Fact]
    public async Task File_NotText_IsRefused()
    {
        using ScratchFolder scratch = new();
        await File.WriteAllBytesAsync(scratch.At("x.yaml"), [0x6e, 0x80, 0x81, 0x0a], TestContext.Current.CancellationToken);
        Assert.Contains("not a text file in UTF-8", (await Cli.RunAsync("plan", scratch.At("x.yaml"))).Refusal());
    }

    [Fact]
    public async Task File_TooLarge_IsRefused()
    {
        using ScratchFolder scratch = new();
        Assert.Contains("at most", (await Cli.RunAsync("plan", scratch.Write("x.yaml", new string('#', (1 << 20) + 1)))).Refusal());
    }

    [Fact]
    public async Task Run_BadSweep_IsRefusedAtItsPlaceAndNothingIsWritten()
    {
        using ScratchFolder scratch = new();
        string file = scratch.Write("x.yaml", Sweeps.Yaml.Replace("steps: 7", "stepz: 7", StringComparison.Ordinal));
        string line = (await Cli.RunAsync("run", file, "--data", scratch.At("data"))).Refusal();
        Assert.StartsWith($"ddpm: {file}:5:", line);
        Assert.Contains("stepz", line);
        Assert.False(Directory.Exists(scratch.At("data")));
    }

    [Fact]
    public async Task Run_UnwritableDataFolder_IsRefused()
    {
        using ScratchFolder scratch = new();
        string blocked = Path.Combine(scratch.Write("blocked", ""), "data");
        Assert.Contains("cannot be written", (await Cli.RunAsync("run", scratch.Write("x.yaml", Sweeps.Yaml), "--data", blocked)).Refusal());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("up")]
    public async Task Port_Busy_IsRefusedAndTheFolderIsFreeAgain(string verb)
    {
        using ScratchFolder scratch = new();
        using TcpListener other = new(IPAddress.Loopback, 0);
        other.Start();
        string port = ((IPEndPoint)other.LocalEndpoint).Port.ToString();
        string[] file = verb == "run" ? [scratch.Write("x.yaml", Sweeps.Yaml)] : [];
        for (int attempt = 0; attempt < 2; attempt++)
        {
            string line = (await Cli.RunAsync([verb, .. file, "--data", scratch.At("data"), "--port", port])).Refusal();
            Assert.Contains($"port {port} is in use", line);
            Assert.Contains("--port", line);
        }
    }

    [Theory]
    [InlineData("migrate")]
    [InlineData("scheduler")]
    [InlineData("runner")]
    public async Task Cluster_NoDatabaseConfigured_IsRefused(string verb) => Assert.Contains("DDPM__Postgres", (await Cli.RunAsync(verb)).Refusal());

    [Theory]
    [InlineData("migrate")]
    [InlineData("scheduler")]
    [InlineData("runner")]
    public async Task Cluster_NoDatabaseThere_IsRefusedWithoutThePassword(string verb)
    {
        Dictionary<string, string> environment = new()
        {
            ["DDPM__Postgres"] = "Host=127.0.0.1;Port=1;Username=ddpm;Password=hush;Database=ddpm;Timeout=3",
            ["DDPM__RabbitMq"] = "amqp://127.0.0.1:1/",
        };
        string line = (await Cli.RunAsync(environment, verb)).Refusal();
        Assert.Contains("127.0.0.1", line);
        Assert.DoesNotContain("hush", line);
    }

    [Fact]
    public async Task Scheduler_OpenToAllWithoutToken_IsRefused()
    {
        Dictionary<string, string> environment = new() { ["DDPM__Postgres"] = "Host=127.0.0.1;Port=1", ["DDPM__RabbitMq"] = "amqp://127.0.0.1:1/" };
        Assert.Contains("DDPM__Scheduler__Token", (await Cli.RunAsync(environment, "scheduler", "--urls", "http://0.0.0.0:5080")).Refusal());
    }

    [Fact]
    public async Task Client_NoServer_IsRefusedWithItsAddress()
        => Assert.Contains("no scheduler answers at http://127.0.0.1:1/", (await Cli.RunAsync("ls", "--server", "http://127.0.0.1:1")).Refusal());

    [Theory]
    [InlineData(new[] { "rnu" }, "there is no verb 'rnu'; did you mean \"run\"?")]
    [InlineData(new[] { "run", "x", "--jsn" }, "there is no option '--jsn'; did you mean \"--json\"?")]
    [InlineData(new[] { "plan", "x", "y" }, "'y' is one argument too many")]
    [InlineData(new[] { "plan" }, "Required argument missing")]
    [InlineData(new[] { "up", "--port", "high" }, "--port must be a whole number")]
    [InlineData(new[] { "kinds", "schedul" }, "there is no family 'schedul'; did you mean \"schedule\"?")]
    [InlineData(new[] { "kinds", "schedule", "cosin" }, "there is no schedule 'cosin'; did you mean \"cosine\"?")]
    public async Task CommandLine_NotUnderstood_IsRefusedInOneSentence(string[] arguments, string words) => Assert.Contains(words, (await Cli.RunAsync(arguments)).Refusal());

    [Fact]
    public async Task Environment_UnknownSetting_IsRefused()
        => Assert.Contains("DDPM__Servr", (await Cli.RunAsync(new Dictionary<string, string> { ["DDPM__Servr"] = "x" }, "ls")).Refusal());
}
