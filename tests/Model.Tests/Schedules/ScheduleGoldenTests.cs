using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;

namespace DdpmJobs.Model.Tests.Schedules;

/// <summary>Every table of every schedule against the programs that the golden files name.</summary>
public sealed class ScheduleGoldenTests
{
    public static TheoryData<string> Official => GoldenFile.Cases("schedules_official", "schedules");

    public static TheoryData<string> Improved => GoldenFile.Cases("schedules_improved", "schedules", key => Tables("schedules_improved", key)["error"] is null);

    public static TheoryData<string> ImprovedErrors => GoldenFile.Cases("schedules_improved", "schedules", key => Tables("schedules_improved", key)["error"] is not null);

    public static TheoryData<string> Other => GoldenFile.Cases("schedules_other", "schedules");

    [Theory]
    [MemberData(nameof(Official))]
    public void Tables_OfficialSchedule_MatchReference(string name)
    {
        (string kind, int timesteps) = Split(name, "/T=");
        AssertTables(Tables("schedules_official", name), Read(kind).Betas(timesteps));
    }

    [Theory]
    [MemberData(nameof(Improved))]
    public void Tables_ImprovedSchedule_MatchReference(string name)
    {
        (string kind, int timesteps) = Split(name, "/T=");
        AssertTables(Tables("schedules_improved", name), Read(kind == "linear" ? "linear_scaled" : kind).Betas(timesteps));
    }

    [Theory]
    [MemberData(nameof(ImprovedErrors))]
    public void Betas_ImprovedScheduleThatTheReferenceRejects_AreRefused(string name)
    {
        (string kind, int timesteps) = Split(name, "/T=");
        Assert.Throws<SpecException>(() => Read(kind == "linear" ? "linear_scaled" : kind).RequireBetas(timesteps));
    }

    [Theory]
    [MemberData(nameof(Other))]
    public void Betas_OtherSchedule_MatchReference(string name)
    {
        bool isSingle = name.EndsWith(" (float32 table)", StringComparison.Ordinal);
        (string words, int timesteps) = Split(name.Replace(" (float32 table)", "", StringComparison.Ordinal), " T=");
        double[] betas = Read(Kind(words)).Betas(timesteps);
        JsonNode expected = Tables("schedules_other", name)["betas"]!;

        // diffusers multiplies and divides in float32: 1 - ratio has the error of numbers near 1, and alphaBar near T that of a thousand factors.
        (double relative, double absolute) = words.Contains("zero-terminal", StringComparison.Ordinal) ? (1e-5, 5e-7) : isSingle ? (6e-8, 0) : (1e-11, 1e-14);
        AssertTable(expected, betas, relative, absolute);
    }

    // The reference's words for a schedule, as a kind of ours or as JSON.
    private static string Kind(string words) => words switch
    {
        "ddim-repo sigmoid(-6..6)" => "sigmoid_beta",
        "lucidrains linear" => "linear_scaled",
        _ when words.StartsWith("diffusers zero-terminal-SNR rescale of ", StringComparison.Ordinal) => $$"""{"kind":"zero_terminal_snr","of":"{{words.Split(' ')[^1]}}"}""",
        _ => words.Split(' ')[^1],
    };

    private static Schedule Read(string kind) => SpecJson.Read<ProcessSpec>(new JsonObject { ["schedule"] = kind.StartsWith('{') ? JsonNode.Parse(kind) : kind }).Schedule;

    private static JsonObject Tables(string file, string name) => GoldenFile.Read(file)["schedules"]![name]!.AsObject();

    private static (string Words, int Timesteps) Split(string name, string between)
    {
        string[] parts = name.Split(between);
        return (parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    private static void AssertTables(JsonObject expected, double[] betas)
    {
        GaussianDiffusion process = new(betas);
        Dictionary<string, IReadOnlyList<double>> actual = ProcessTables.Of(process).ToDictionary(table => table.Name, table => table.Values);

        // The official programs' variant for LSUN and CelebA, which this project does not use: its variance is the same.
        actual.Add("posterior_log_variance_clamped_1e-20 (diffusion_utils.py variant)", [.. process.PosteriorVariance.Select(v => Math.Log(Math.Max(v, 1e-20)))]);
        foreach ((string table, JsonNode? values) in expected)
            AssertTable(values!, actual[table], 1e-11, 1e-14);
    }

    private static void AssertTable(JsonNode expected, IReadOnlyList<double> actual, double relative, double absolute)
    {
        Assert.Equal(GoldenFile.Number(expected["length"]), actual.Count);
        AssertSum(expected["sum"], [.. actual], relative, absolute);
        AssertSum(expected["weighted_sum"], [.. actual.Select((value, t) => (t + 1) * value)], relative, absolute * actual.Count);
        if (expected["values"] is JsonNode values)
            GoldenFile.AssertClose(GoldenFile.Numbers(values), [.. actual], relative, absolute);
        foreach ((string t, JsonNode? value) in expected["at"]?.AsObject() ?? [])
            GoldenFile.AssertClose(value, actual[int.Parse(t, CultureInfo.InvariantCulture)], relative, absolute);
    }

    private static void AssertSum(JsonNode? expected, double[] terms, double relative, double absolute)
        => GoldenFile.AssertClose(expected, terms.Sum(), 0, relative * terms.Sum(Math.Abs) + absolute * terms.Length);
}
