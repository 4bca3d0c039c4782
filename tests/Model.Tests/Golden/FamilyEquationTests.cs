using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Golden;

/// <summary>Families against a second program, which has only their equations: <c>family_equations.py</c>. It covers what the values of the reference programs lack.</summary>
public sealed class FamilyEquationTests
{
    public static TheoryData<string> Schedules => GoldenFile.Cases("family_equations", "schedules");

    public static TheoryData<string> Widths => GoldenFile.Cases("family_equations", "power_function");

    public static TheoryData<string> Grids => GoldenFile.Cases("family_equations", "grids");

    public static TheoryData<string> Walks => GoldenFile.Cases("family_equations", "walks");

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Betas_OfACase_MatchTheEquations(string name)
    {
        // zero_terminal_snr of linear T=100
        string[] words = name.Split(' ', '=');
        Schedule schedule = words[0] == "exp"
            ? new ExpSchedule { Rate = words[1] == "rate" ? Number(words[2]) : 12 }
            : new ZeroTerminalSnrSchedule { Of = words[2] == "linear" ? new LinearSchedule() : new CosineSchedule() };
        GoldenFile.AssertClose(Golden("schedules", name), schedule.Betas((int)Number(words[^1])), 1e-11, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void DecayAt_PowerFunction_MatchesTheEquations(string width)
    {
        PowerFunctionEma ema = new() { RelativeWidth = Number(width) };
        foreach ((string step, JsonNode? decay) in GoldenFile.Read("family_equations")["power_function"]![width]!.AsObject())
            GoldenFile.AssertClose(decay, ema.DecayAt(long.Parse(step, CultureInfo.InvariantCulture)), 1e-9, 0);
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void Visit_GridOfDiffusers_MatchesTheEquations(string name)
    {
        string[] words = name.Split(' ', '=');
        GoldenFile.AssertClose(Golden("grids", name), [.. TimeGrid.Visit(words[0], (int)Number(words[2]), (int)Number(words[4])).Select(t => (double)t)], 0, 0);
    }

    [Theory]
    [MemberData(nameof(Walks))]
    public void Sample_OnALadder_MatchesTheEquations(string name)
    {
        // euler_ancestral eta=0.5 karras
        using DisposeScope scope = NewDisposeScope();
        string[] words = name.Split(' ');
        LadderSampler sampler = words[0] switch
        {
            "euler" => new EulerSampler(),
            "heun" => new HeunSampler(),
            _ => new EulerAncestralSampler { Eta = words.Length == 3 ? Number(words[1][4..]) : 1 },
        };
        sampler = sampler with { Steps = 8, Ladder = words[^1], SigmaMin = 0.03, SigmaMax = 80, ClipDenoised = false };

        // Every sigma from below 0.03 to above 80.
        double[] alphaBars = [1, .. Enumerable.Range(0, 400).Select(i => 1 / (1 + Math.Pow(0.001 * Math.Pow(1e5, i / 399.0), 2)))];
        AnalyticGaussian data = new([.. alphaBars.Skip(1).Select((alphaBar, i) => 1 - alphaBar / alphaBars[i])]);
        Tensor sample = sampler.Sample(data.Model, data.Network, new SampleRequest
        {
            Seed = 0, Count = 1, Shape = (1, 2, 3),
            ReplayedNoise = step => GoldenFile.Noise(step < 0 ? 1000 : step, ScalarType.Float64).flatten()[..6].reshape(1, 1, 2, 3),
        });
        GoldenFile.AssertClose(Golden("walks", name), GoldenFile.Values(sample), 1e-9, 1e-9);
    }

    private static double[] Golden(string member, string name) => GoldenFile.Numbers(GoldenFile.Read("family_equations")[member]![name]);

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);
}
