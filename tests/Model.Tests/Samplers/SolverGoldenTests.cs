using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public sealed class SolverGoldenTests
{
    // The reference keeps its times in float32.
    private const double Float32Times = 1e-6;

    public static TheoryData<string> DpmCases => Cases("dpmsolver");

    public static TheoryData<string> SigmaCases => Cases("k_diffusion/");

    public static TheoryData<string> Ladders => Cases("k_sigmas/");

    public static TheoryData<string> Schedules => Cases("dpm_solver_schedule/");

    public static TheoryData<string> Flows => Cases("exact_probability_flow/");

    [Theory]
    [MemberData(nameof(DpmCases))]
    public void Sample_DpmSolver_MatchesReference(string name)
    {
        // dpmsolver++/multistep/order=2/steps=20/logSNR/dpmsolver/linear/T=1000
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = Golden(name);
        string[] words = name.Split('/');
        AnalyticGaussian data = new(Betas(words[6], words[7]));
        DpmSolver solver = new()
        {
            Expands = words[0] == "dpmsolver++" ? "data" : "noise",
            Method = words[1],
            Order = Number(words[2]),
            Steps = Number(words[3]),
            Grid = words[4] switch { "logSNR" => ContinuousGrid.LogSnr, "time_uniform" => ContinuousGrid.Uniform, _ => ContinuousGrid.Quadratic },
            SolverType = words[5],
            DenoiseFinal = words.Length > 8 && words[8].Contains("denoise", StringComparison.Ordinal),
            ClipDenoised = false,
        };
        Tensor sample = solver.Sample(data.Model, data.Network, Latents);

        GoldenFile.AssertClose(golden["final"], sample, Float32Times, Float32Times);
        int last = data.Time.LastAbove(-5.1);
        double error = (sample - data.Flow(Latent(), last, 0)).square().mean().sqrt().ReadCpuDouble(0);
        GoldenFile.AssertClose(golden["rms_error_vs_exact"], error, 1e-5, Float32Times);

        // The reference's time is (t + 1) / N, where N counts the timesteps that it did not drop. The last time is timestep 0, where the way ends: no call.
        if (golden["times"] is JsonNode times)
            GoldenFile.AssertClose(GoldenFile.Numbers(times), [.. data.Times.Take(solver.Steps).Append(0).Select(t => (t + 1) / (last + 1))], Float32Times, Float32Times);
    }

    [Theory]
    [MemberData(nameof(SigmaCases))]
    public void Sample_OnSigmaLadder_MatchesReference(string name)
    {
        // k_diffusion/sample_heun/karras n=10
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(WideBetas);
        string[] words = name.Split('/', ' ', '=');
        int steps = int.Parse(words[4], CultureInfo.InvariantCulture);
        Sampler sampler = words[1] switch
        {
            "sample_euler" => new EulerSampler { Steps = steps, Ladder = words[2], SigmaMin = 0.002, SigmaMax = 80, ClipDenoised = false },
            "sample_heun" => new HeunSampler { Steps = steps, Ladder = words[2], SigmaMin = 0.002, SigmaMax = 80, ClipDenoised = false },
            "sample_euler_ancestral" => new EulerAncestralSampler { Steps = steps, Ladder = words[2], SigmaMin = 0.002, SigmaMax = 80, ClipDenoised = false },
            _ => throw new ArgumentException(name),
        };

        // The reference's ladder is float32.
        GoldenFile.AssertClose(Golden(name)["final"], sampler.Sample(data.Model, data.Network, Latents), 1e-5, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Ladders))]
    public void Ladder_OfEveryForm_MatchesReference(string name)
    {
        // k_sigmas/exponential n=10 0.002..80
        string[] words = name.Split('/', ' ');
        int steps = Number(words[2]);
        double[] ends = [.. words.Single(word => word.Contains("..", StringComparison.Ordinal)).Split("..").Select(end => double.Parse(end, CultureInfo.InvariantCulture))];
        double[] ladder = SigmaLadder.Divide(words[1], new ContinuousTime(new GaussianDiffusion(WideBetas)), steps, ends[0], ends[1], 7);
        GoldenFile.AssertClose(GoldenFile.Numbers(Golden(name)["values"]), ladder, 2e-6, 1e-9);
    }

    [Theory]
    [InlineData("linear", 1000)]
    [InlineData("cosine", 20)]
    public void Ladder_OfTimesteps_HasTheNoiseOfEvenlySpacedTimesteps(string schedule, int timesteps)
    {
        GaussianDiffusion process = new(GoldenFile.ImprovedBetas(schedule, timesteps));
        ContinuousTime time = new(process);
        (double min, double max) = SigmaLadder.Ends(time, null, null);
        int last = time.LastAbove(-5.1);
        double[] ladder = SigmaLadder.Divide(SigmaLadder.Timesteps, time, last + 1, min, max, 7);
        GoldenFile.AssertClose(
            [.. Enumerable.Range(0, last + 1).Select(t => process.SqrtOneMinusAlphasCumprod[last - t] / process.SqrtAlphasCumprod[last - t]), 0], ladder, 1e-9, 0);
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Time_OfReference_IsOursUpToItsUnit(string name)
    {
        // dpm_solver_schedule/cosine/T=1000: N = total_N timesteps are left, and their time is (t + 1) / N.
        string[] words = name.Split('/');
        JsonNode golden = Golden(name);
        ContinuousTime time = new(new GaussianDiffusion(Betas(words[1], words[2])));
        double kept = GoldenFile.Number(golden["total_N"]);
        GoldenFile.AssertClose(golden["total_N"], time.LastAbove(-5.1) + 1, 0, 0);
        foreach ((string t, JsonNode? lambda) in golden["lambda_at_t"]!.AsObject())
        {
            double ours = double.Parse(t, CultureInfo.InvariantCulture) * kept - 1;
            if (ours >= 0)
                GoldenFile.AssertClose(lambda, time.Lambda(ours), Float32Times, Float32Times);
        }

        foreach ((string lambda, JsonNode? t) in golden["t_at_lambda"]!.AsObject())
            GoldenFile.AssertClose(t, (time.TimeAt(double.Parse(lambda, CultureInfo.InvariantCulture)) + 1) / kept, Float32Times, Float32Times);
    }

    [Theory]
    [MemberData(nameof(Flows))]
    public void Flow_Exact_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        string[] words = name.Split('/');
        AnalyticGaussian data = new(Betas(words[1], words[2]));
        GoldenFile.AssertClose(Golden(name)["final"], data.Flow(Latent(), data.Time.LastAbove(-5.1), 0), 1e-9, 1e-9);
    }

    // Every sigma from below 0.002 to above 80.
    private static double[] WideBetas
    {
        get
        {
            double[] alphaBars = [1, .. Enumerable.Range(0, 400).Select(i => 1 / (1 + Math.Pow(0.001 * Math.Pow(1e5, i / 399.0), 2)))];
            return [.. alphaBars.Skip(1).Select((alphaBar, i) => 1 - alphaBar / alphaBars[i])];
        }
    }

    private static SampleRequest Latents => new() { Seed = 0, Count = 2, Shape = (3, 4, 4), ReplayedNoise = step => step < 0 ? Latent() : GoldenFile.Noise(step, ScalarType.Float64) };

    private static TheoryData<string> Cases(string family)
        => GoldenFile.Cases("solvers", "cases", name => name.StartsWith(family, StringComparison.Ordinal));

    private static JsonNode Golden(string name) => GoldenFile.Read("solvers")["cases"]![name]!;

    private static Tensor Latent() => tensor(GoldenFile.Numbers(GoldenFile.Read("solvers")["latents"]!["data"]), [2, 3, 4, 4], dtype: ScalarType.Float64);

    private static double[] Betas(string schedule, string timesteps) => GoldenFile.ImprovedBetas(schedule, Number(timesteps));

    private static int Number(string word) => int.Parse(word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
}
