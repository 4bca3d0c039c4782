using System.Text.Json;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Cli.Tests.Verbs;

public class ScheduleTablesTests
{
    [Fact]
    public async Task Json_Cosine_HasEveryTableToTheLastBit()
    {
        JsonElement document = (await Cli.RunAsync("kinds", "schedule", "cosine", "--timesteps", "100", "--json")).Json;
        Assert.Equal(100, document.GetProperty("timesteps").GetInt32());
        Assert.Equal(0.008, document.GetProperty("schedule").GetProperty("s").GetDouble());
        Assert.Equal(ScheduleHash.Of(new ProcessSpec { Timesteps = 100, Schedule = new CosineSchedule() }), document.GetProperty("schedule_hash").GetString());
        IReadOnlyList<(string Name, IReadOnlyList<double> Values)> tables = ProcessTables.Of(new GaussianDiffusion(new CosineSchedule().Betas(100)));
        Assert.All(tables, table => Assert.Equal(table.Values, Numbers(document.GetProperty(table.Name))));
        string[] names = ["betas", "alphas_cumprod", "alphas_cumprod_prev", "alphas_cumprod_next", "posterior_log_variance_clipped", "posterior_mean_coef1", "fixedlarge_log_variance"];
        Assert.All(names, name => Assert.Equal(100, document.GetProperty(name).GetArrayLength()));
    }

    [Fact]
    public async Task Json_ScheduleThatEndsInOne_NamesTheInfinities()
    {
        JsonElement document = (await Cli.RunAsync("kinds", "schedule", "linear_scaled", "--timesteps", "20", "--json")).Json;
        Assert.Equal("Infinity", document.GetProperty("sqrt_recip_alphas_cumprod")[19].GetString());
        Assert.Equal(0, document.GetProperty("alphas_cumprod")[19].GetDouble());
    }

    [Fact]
    public async Task Set_Parameters_AreTakenAlsoInsideAnother()
    {
        JsonElement linear = (await Cli.RunAsync("kinds", "schedule", "linear", "--set", "beta_end=0.03", "--timesteps", "7", "--json")).Json;
        Assert.Equal(0.03, linear.GetProperty("betas")[6].GetDouble());

        JsonElement wrapped = (await Cli.RunAsync("kinds", "schedule", "zero_terminal_snr", "--set", "of.kind=quad", "--set", "of.beta_end=0.5", "--timesteps", "7", "--json")).Json;
        Assert.Equal("quad", wrapped.GetProperty("schedule").GetProperty("of").GetProperty("kind").GetString());
        Assert.Equal(1, wrapped.GetProperty("betas")[6].GetDouble());

        JsonElement listed = (await Cli.RunAsync("kinds", "schedule", "betas", "--set", "values=[0.1,0.25]", "--timesteps", "2", "--json")).Json;
        Assert.Equal([0.1, 0.25], Numbers(listed.GetProperty("betas")));
    }

    [Fact]
    public async Task Text_ShortTable_SaysWhetherThePriorTermIsSmall()
    {
        Cli few = await Cli.RunAsync("kinds", "schedule", "linear", "--timesteps", "100");
        Assert.Equal((0, ""), (few.Code, few.Errors));
        Assert.Contains("prior term L_T at most 0.326 bits/dim (not small", few.Output);
        Assert.Contains("L_T = D_KL(q(x_T|x_0) || N(0, I))", few.Output);
        Assert.Contains("(small)", (await Cli.RunAsync("kinds", "schedule", "linear", "--timesteps", "1000")).Output);
    }

    [Fact]
    public async Task Plot_File_IsWritten()
    {
        using ScratchFolder scratch = new();
        Cli plot = await Cli.RunAsync("kinds", "schedule", "cosine", "--plot", scratch.At("cosine.png"));
        Assert.Equal(0, plot.Code);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], (await File.ReadAllBytesAsync(scratch.At("cosine.png"), TestContext.Current.CancellationToken))[..4]);
    }

    [Theory]
    [InlineData("--timesteps must be a whole number; got 'many'", "kinds", "schedule", "linear", "--timesteps", "many")]
    [InlineData("timesteps: must be between 1 and 1000000; got 0", "kinds", "schedule", "linear", "--timesteps", "0")]
    [InlineData("linear_scaled does not exist for 10 timesteps", "kinds", "schedule", "linear_scaled", "--timesteps", "10")]
    [InlineData("schedule.beta_end: must be greater than 0", "kinds", "schedule", "linear", "--set", "beta_end=0")]
    [InlineData("did you mean \"beta_end\"?", "kinds", "schedule", "linear", "--set", "beta_ned=0.1")]
    [InlineData("--set takes a name and a value", "kinds", "schedule", "linear", "--set", "beta_end")]
    [InlineData("schedule.values: is missing", "kinds", "schedule", "betas", "--timesteps", "3")]
    [InlineData("are for one schedule", "kinds", "schedule", "--timesteps", "3")]
    [InlineData("are for one schedule", "kinds", "network", "ddpm_unet", "--plot", "x.png")]
    [InlineData("there is no folder", "kinds", "schedule", "linear", "--plot", "no-such-folder/x.png")]
    public async Task CommandLine_ThatMakesNoTables_IsRefused(string words, params string[] arguments) => Assert.Contains(words, (await Cli.RunAsync(arguments)).Refusal());

    [Fact]
    public async Task Plan_ScheduleThatEndsFarFromNoise_WarnsOfEachRunWithItsValue()
    {
        using ScratchFolder scratch = new();
        string file = scratch.Write("two.yaml", Sweeps.Yaml.Replace("  data: optdigits", "  data: optdigits\n  process: { timesteps: 100 }", StringComparison.Ordinal));

        Cli plan = await Cli.RunAsync("plan", file);
        string[] lines = plan.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((0, 2), (plan.Code, lines.Length));
        Assert.StartsWith("ddpm: warning: run two/0 (prediction=epsilon): process.schedule: x_T is not pure noise", lines[0]);
        Assert.Contains("0.33 bits/dim", lines[0]);

        Cli json = await Cli.RunAsync("plan", file, "--json");
        Assert.Equal("", json.Errors);
        Assert.Equal([0, 1], json.Json.GetProperty("warnings").EnumerateArray().Select(w => w.GetProperty("index").GetInt32()));

        // The value itself stands beside each run, as kinds prints it of the schedule.
        double worst = (await Cli.RunAsync("kinds", "schedule", "linear", "--timesteps", "100", "--json")).Json.GetProperty("prior_bits_per_dim_at_most").GetDouble();
        Assert.All(json.Json.GetProperty("runs").EnumerateArray(), run => Assert.Equal(worst, run.GetProperty("prior_bits_per_dim_at_most").GetDouble()));
        Assert.Contains("L_T up to, bits/dim", plan.Output);
        Assert.Contains(" 0.3260 ", plan.Output);
    }

    private static double[] Numbers(JsonElement table) => [.. table.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.String ? double.Parse(v.GetString()!) : v.GetDouble())];
}
