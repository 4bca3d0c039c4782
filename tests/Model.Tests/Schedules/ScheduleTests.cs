using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;

namespace DdpmJobs.Model.Tests.Schedules;

public sealed class ScheduleTests
{
    public static TheoryData<string> Official => GoldenFile.Cases("schedules_official", "schedules");

    public static TheoryData<string> Improved => GoldenFile.Cases("schedules_improved", "schedules", key => key != "linear/T=10");

    public static TheoryData<Type> Kinds => [.. typeof(Schedule).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Schedule)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Betas_EverySchedule_FallsFromImageToNoise(Type kind)
    {
        Schedule schedule = (Schedule)Activator.CreateInstance(kind)!;
        foreach (int timesteps in (int[])[1, 2, 10, 100, 1000, 4000])
        {
            double[] betas = schedule.Betas(timesteps);
            GaussianDiffusion process = new(betas);
            Assert.Equal(timesteps, betas.Length);
            Assert.All(betas, beta => Assert.InRange(beta, double.Epsilon, 1));
            Assert.All(Enumerable.Range(1, timesteps - 1), t => Assert.True(process.AlphasCumprod[t] < process.AlphasCumprod[t - 1]));
        }
    }

    [Theory]
    [MemberData(nameof(Official))]
    public void Tables_OfficialSchedule_MatchReference(string name)
    {
        JsonObject tables = GoldenFile.Read("schedules_official")["schedules"]![name]!.AsObject();
        double[] betas = GoldenFile.Numbers(tables["betas"]!["values"]);
        if (name.StartsWith("linear", StringComparison.Ordinal))
            GoldenFile.AssertClose(betas, new LinearSchedule().Betas(betas.Length), 1e-15, 0);
        AssertTables(tables, new GaussianDiffusion(betas));
    }

    [Theory]
    [MemberData(nameof(Improved))]
    public void Tables_ImprovedSchedule_MatchReference(string name)
    {
        JsonObject tables = GoldenFile.Read("schedules_improved")["schedules"]![name]!.AsObject();
        string[] words = name.Split("/T=");
        AssertTables(tables, new GaussianDiffusion(GoldenFile.ImprovedBetas(words[0], int.Parse(words[1], CultureInfo.InvariantCulture))));
    }

    [Fact]
    public void Constructor_RescaledLinearAtTenSteps_RefusesBetaAboveOne()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new GaussianDiffusion(GoldenFile.ImprovedBetas("linear", 10)));
        Assert.Contains("beta_5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_EndBelowStart_NamesBoth()
    {
        SpecException error = Assert.Throws<SpecException>(() => new LinearSchedule { BetaStart = 0.02, BetaEnd = 1e-4 }.Check("process.schedule"));
        Assert.Equal("process.schedule.beta_end: must exceed beta_start; got beta_start 0.02, beta_end 0.0001", error.Message);
    }

    private static void AssertTables(JsonObject tables, GaussianDiffusion process)
    {
        AssertTable(tables["betas"], process.Betas);
        AssertTable(tables["alphas_cumprod"], process.AlphasCumprod);
        AssertTable(tables["alphas_cumprod_prev"], process.AlphasCumprodPrev);
        AssertTable(tables["alphas_cumprod_next"], process.AlphasCumprodNext);
        AssertTable(tables["sqrt_alphas_cumprod"], process.SqrtAlphasCumprod);
        AssertTable(tables["sqrt_one_minus_alphas_cumprod"], process.SqrtOneMinusAlphasCumprod);
        AssertTable(tables["log_one_minus_alphas_cumprod"], process.LogOneMinusAlphasCumprod);
        AssertTable(tables["sqrt_recip_alphas_cumprod"], process.SqrtRecipAlphasCumprod);
        AssertTable(tables["sqrt_recipm1_alphas_cumprod"], process.SqrtRecipm1AlphasCumprod);
        AssertTable(tables["posterior_variance"], process.PosteriorVariance);
        AssertTable(tables["posterior_log_variance_clipped"], process.PosteriorLogVarianceClipped);
        AssertTable(tables["posterior_mean_coef1"], process.PosteriorMeanCoef1);
        AssertTable(tables["posterior_mean_coef2"], process.PosteriorMeanCoef2);
        AssertTable(tables["fixedlarge_log_variance"], process.FixedLargeLogVariance);
    }

    private static void AssertTable(JsonNode? expected, IReadOnlyList<double> actual)
    {
        // The two references do not have all tables alike.
        if (expected is null)
            return;
        Assert.Equal(GoldenFile.Number(expected["length"]), actual.Count);
        double sum = GoldenFile.Number(expected["sum"]);
        double actualSum = actual.Sum();
        Assert.True(sum.Equals(actualSum) || Math.Abs(sum - actualSum) <= 1e-11 * actual.Sum(Math.Abs), $"sum: expected {sum:R}, got {actualSum:R}");
        if (expected["values"] is JsonNode values)
            GoldenFile.AssertClose(GoldenFile.Numbers(values), [.. actual], 1e-11, 1e-14);
        foreach ((string t, JsonNode? value) in expected["at"]?.AsObject() ?? [])
            GoldenFile.AssertClose([GoldenFile.Number(value)], [actual[int.Parse(t, CultureInfo.InvariantCulture)]], 1e-11, 1e-14);
    }
}
