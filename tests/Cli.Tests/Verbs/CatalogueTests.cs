using System.Text.Json;

namespace DdpmJobs.Cli.Tests.Verbs;

public class CatalogueTests
{
    [Fact]
    public async Task Plan_Sweep_ListsItsRunsAndWritesNothing()
    {
        using ScratchFolder scratch = new();
        Cli plan = await Cli.RunAsync("plan", scratch.Write("two.yaml", Sweeps.Yaml));
        Assert.Equal((0, ""), (plan.Code, plan.Errors));
        Assert.Contains("prediction=epsilon", plan.Output);
        Assert.Contains("2 runs, 14 training steps, 42 images", plan.Output);
        Assert.Equal(["two.yaml"], Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Plan_Json_HasEveryDefaultOfEveryRun()
    {
        using ScratchFolder scratch = new();
        JsonElement plan = (await Cli.RunAsync("plan", scratch.Write("two.yaml", Sweeps.Yaml), "--json")).Json;
        Assert.Equal("two", plan.GetProperty("name").GetString());
        JsonElement[] runs = [.. plan.GetProperty("runs").EnumerateArray()];
        Assert.Equal(["epsilon", "v"], runs.Select(r => r.GetProperty("spec").GetProperty("process").GetProperty("prediction").GetProperty("kind").GetString()));
        Assert.All(runs, r => Assert.Equal(7, r.GetProperty("spec").GetProperty("training").GetProperty("steps").GetInt32()));
        Assert.NotEqual(runs[0].GetProperty("spec_hash").GetString(), runs[1].GetProperty("spec_hash").GetString());
    }

    [Fact]
    public async Task Kinds_OneKind_ShowsParametersAndSource()
    {
        Cli kinds = await Cli.RunAsync("kinds", "schedule", "linear");
        Assert.Equal(0, kinds.Code);
        Assert.Contains("beta_start", kinds.Output);
        Assert.Contains("0.0001", kinds.Output);
        Assert.Contains("2006.11239", kinds.Output);
        Assert.DoesNotContain("cosine", kinds.Output);
    }

    [Fact]
    public async Task Kinds_Summary_ListsLayersAndCountsThem()
    {
        string[] small = ["kinds", "network", "improved_unet", "--summary", "--set", "channels=32", "--set", "multipliers=[1,2]", "--set", "blocks=1", "--set", "attention=[4]", "--image", "3x8x8"];
        Cli table = await Cli.RunAsync(small);
        Assert.Equal((0, ""), (table.Code, table.Errors));
        Assert.Contains("input_blocks.0.0", table.Output);

        // 757,030 with a learned variance, as the reference counts: 3 outputs of 32 x 3 x 3 weights and a bias more.
        JsonElement json = (await Cli.RunAsync([.. small, "--output-channels", "6", "--json"])).Json;
        Assert.Equal(757_030, json.GetProperty("parameters").GetInt64());
        Assert.Contains($"{757_030 - 3 * (32 * 9 + 1):N0} parameters", table.Output);
        Assert.Equal(json.GetProperty("macs").GetInt64(), json.GetProperty("layers").EnumerateArray().Sum(layer => layer.GetProperty("macs").GetInt64()));
    }

    [Theory]
    [InlineData("--summary is of one network", "kinds", "schedule", "linear", "--summary")]
    [InlineData("there is no network 'unet'", "kinds", "network", "unet", "--summary")]
    [InlineData("--set is NAME=VALUE", "kinds", "network", "ddpm_unet", "--summary", "--set", "channels")]
    [InlineData("channells", "kinds", "network", "ddpm_unet", "--summary", "--set", "channells=8")]
    [InlineData("--image is channels x height x width", "kinds", "network", "ddpm_unet", "--summary", "--image", "32")]
    [InlineData("square images", "kinds", "network", "ddpm_unet", "--summary", "--image", "3x32x16")]
    public async Task Kinds_SummaryOfWhatIsNot_SaysWhat(string expected, params string[] arguments) => Assert.Contains(expected, (await Cli.RunAsync(arguments)).Refusal());

    [Fact]
    public async Task Kinds_Json_ListsEveryFamily()
    {
        JsonElement families = (await Cli.RunAsync("kinds", "--json")).Json;
        Assert.Contains("schedule", families.EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.All(families.EnumerateArray(), f => Assert.NotEmpty(f.GetProperty("kinds").EnumerateArray()));
    }

    [Fact]
    public async Task Help_OfEveryVerb_NamesTheVerb()
    {
        string root = (await Cli.RunAsync("--help")).Output;
        foreach (string verb in new[] { "run", "up", "plan", "kinds", "submit", "watch", "ls", "show", "metrics", "cancel", "retry", "import", "export", "migrate", "scheduler", "runner", "version" })
        {
            Assert.Contains($"  {verb} ", root);
            Cli help = await Cli.RunAsync(verb, "--help");
            Assert.Equal(0, help.Code);
            Assert.Contains($"ddpm {verb}", help.Output);
        }
    }

    [Fact]
    public async Task NoVerb_ShowsHelpAndIsAnError()
    {
        Cli nothing = await Cli.RunAsync();
        Assert.Equal(2, nothing.Code);
        Assert.Contains("Exit codes", nothing.Output);
    }

    [Fact]
    public async Task Version_Json_HasTheVersion() => Assert.StartsWith("0.", (await Cli.RunAsync("version", "--json")).Json.GetProperty("version").GetString());
}
