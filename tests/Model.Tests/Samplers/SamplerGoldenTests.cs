using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public sealed class SamplerGoldenTests
{
    public static TheoryData<string> Cases => GoldenFile.Cases("samplers", "cases", name => !Inverts(name));

    public static TheoryData<string> Inversions => GoldenFile.Cases("samplers", "cases", Inverts);

    public static TheoryData<string> Progressive => GoldenFile.Cases("samplers", "cases", name => name.StartsWith("official_progressive", StringComparison.Ordinal));

    public static TheoryData<string> Spacings => GoldenFile.Cases("schedules_improved", "space_timesteps");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sample_RecordedNoise_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = GoldenFile.Read("samplers")["cases"]![name]!;
        string[] words = name.Split('/');
        bool official = words[0] == "official_progressive";
        DiffusionModel model = words[0] switch
        {
            "official_progressive" => GoldenFile.Model(new LinearSchedule().Betas(int.Parse(words[2][2..], CultureInfo.InvariantCulture)), "eps", words[^1]),
            "ddim_authors" or "ddpm_noisy_authors" => GoldenFile.Model(new LinearSchedule().Betas(1000), "eps", words[0] == "ddim_authors" ? "fixedsmall" : "fixedlarge"),
            _ when words[^1] == "rescale_timesteps" => GoldenFile.Model(words[1], words[2], "eps", "fixedlarge"),
            _ => GoldenFile.Model(words[1], words[2], words[4], words[0] == "ancestral" ? words[5] : "fixedlarge"),
        };

        // "Rescaled" networks are handed t in thousandths of T.
        List<double> times = [];
        List<double> sums = [];
        List<double> predictionSums = [];
        List<Tensor> predictions = [];
        List<Tensor> visited = [];
        bool rescales = words[^1] == "rescale_timesteps";
        DiffusionModel inTime = DiffusionModel.From(new ProcessSpec { Timesteps = model.Process.Timesteps, RescaleTimesteps = rescales });
        Tensor Network(Tensor xt, Tensor t)
        {
            using Tensor first = t[0].to(ScalarType.Float64);
            times.Add(first.item<double>());
            sums.Add(GoldenFile.Values(xt).Sum());
            visited.Add(xt.clone().MoveToOtherDisposeScope(scope));
            return GoldenFile.StubOf(model)(xt, t);
        }

        Tensor sample = Sampler(words).Sample(model, inTime.ByTimestep(Network), Request(official) with { OnPrediction = KeepPrediction });
        sums.Add(GoldenFile.Values(sample).Sum());
        visited.Add(sample);
        void KeepPrediction(double time, Tensor predX0)
        {
            predictionSums.Add(GoldenFile.Values(predX0).Sum());
            predictions.Add(predX0.clone().MoveToOtherDisposeScope(scope));
        }

        GoldenFile.AssertClose(golden["final"], sample, 2e-4, 2e-4);
        if (golden["network_times"] is JsonNode networkTimes)
            GoldenFile.AssertClose(GoldenFile.Numbers(networkTimes), times, 0, 0);
        if (golden["seq"] is JsonNode grid)
            GoldenFile.AssertClose(GoldenFile.Numbers(grid), [.. times.AsEnumerable().Reverse()], 0, 0);

        // The DDIM authors' sums begin with x_T, the others' after the first step. A sum of 96 pixels has the error of each.
        if (golden["sample_sum_by_step"] is JsonArray stepSums)
            GoldenFile.AssertClose(GoldenFile.Numbers(stepSums), sums[^stepSums.Count..], 2e-4, 2e-3);
        if (golden["pred_xstart_sum_by_step"] is JsonNode stepPredictions)
            GoldenFile.AssertClose(GoldenFile.Numbers(stepPredictions), predictionSums, 2e-4, 2e-3);
        if (golden["first_step_sample"] is JsonNode firstSample)
            GoldenFile.AssertClose(firstSample, visited[1], 2e-4, 2e-4);
        if (golden["first_step_pred_xstart"] is JsonNode firstPrediction)
            GoldenFile.AssertClose(firstPrediction, predictions[0], 2e-4, 2e-4);
    }

    [Theory]
    [MemberData(nameof(Inversions))]
    public void Encode_Images_MatchesReference(string name)
    {
        // ddim_reverse/linear/T=100/eps/after_t=98: steps up from t = 0 .. 98, without clipping.
        using DisposeScope scope = NewDisposeScope();
        string[] words = name.Split('/');
        int last = int.Parse(words[4].Split('=')[1], CultureInfo.InvariantCulture);
        DiffusionModel model = GoldenFile.Model(words[1], words[2], words[3], "fixedsmall");
        Tensor latent = DdimInversion.Encode(model, GoldenFile.Stub, GoldenFile.X0(ScalarType.Float32), [.. Enumerable.Range(0, last + 2)],
            clipDenoised: false, TestContext.Current.CancellationToken);
        GoldenFile.AssertClose(GoldenFile.Read("samplers")["cases"]![name]!["sample"], latent, 2e-4, 2e-4);
    }

    [Theory]
    [MemberData(nameof(Progressive))]
    public void Draw_Progressively_MatchesReference(string name)
    {
        // official_progressive/linear(unscaled 1e-4..0.02)/T=10/freq=3/fixedlarge
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = GoldenFile.Read("samplers")["cases"]![name]!;
        string[] words = name.Split('/');
        DiffusionModel model = GoldenFile.Model(new LinearSchedule().Betas(int.Parse(words[2][2..], CultureInfo.InvariantCulture)), "eps", words[^1]);
        int every = int.Parse(words[3].Split('=')[1], CultureInfo.InvariantCulture);
        ProgressiveSamples drawn = ProgressiveGeneration.Draw(new AncestralSampler(), model, GoldenFile.Stub, Request(official: true), every);

        GoldenFile.AssertClose(golden["final"], drawn.Samples, 2e-4, 2e-4);
        GoldenFile.AssertClose(golden["recorded"], drawn.Times.Count, 0, 0);
        Assert.Equal(Enumerable.Range(0, drawn.Times.Count).Select(slot => (double)slot * every), drawn.Times);
        GoldenFile.AssertClose(golden["recorded_xstart_first_pixel_per_slot"], drawn.PredX0[.., .., 0, 0, 0].transpose(0, 1), 2e-4, 2e-4);
        GoldenFile.AssertClose(golden["recorded_xstart_sum_per_slot"], drawn.PredX0.sum([1, 2, 3, 4]), 2e-4, 2e-3);
    }

    [Theory]
    [MemberData(nameof(Spacings))]
    public void Visit_ImprovedSpacing_MatchesReference(string name)
    {
        string[] words = name.Split(' ');
        string spacing = words[1].Trim('\'');
        bool ddim = spacing.StartsWith("ddim", StringComparison.Ordinal);
        int steps = int.Parse(ddim ? spacing[4..] : spacing, CultureInfo.InvariantCulture);
        int timesteps = int.Parse(words[0][2..], CultureInfo.InvariantCulture);
        double[] expected = GoldenFile.Numbers(GoldenFile.Read("schedules_improved")["space_timesteps"]![name]);
        GoldenFile.AssertClose(expected, [.. TimeGrid.Visit(ddim ? TimeGrid.DdimStride : TimeGrid.Linspace, timesteps, steps).Select(t => (double)t)], 0, 0);
    }

    private static Sampler Sampler(string[] words) => words[0] switch
    {
        "official_progressive" => new AncestralSampler(),
        "ancestral" => new AncestralSampler { Steps = Steps(words[3]), Grid = Grid(words[3]) },
        "ddim" => new DdimSampler { Steps = Steps(words[3]) ?? 10, Grid = Grid(words[3]), Eta = Eta(words[5]) },
        "ddpm_noisy_authors" => new AncestralSampler { Steps = int.Parse(words[3][2..], CultureInfo.InvariantCulture), Grid = AuthorsGrid(words[4]) },
        "ddim_authors" => new DdimSampler
        {
            Steps = int.Parse(words[3][2..], CultureInfo.InvariantCulture),
            Grid = AuthorsGrid(words[4]),
            Eta = Eta(words[5]),
            ClipDenoised = false,
        },
        _ => throw new ArgumentException(words[0]),
    };

    private static bool Inverts(string name) => name.StartsWith("ddim_reverse/", StringComparison.Ordinal);

    private static SampleRequest Request(bool official) => new()
    {
        Seed = 0,
        Count = 2,
        Shape = (3, 4, 4),
        ReplayedNoise = step => GoldenFile.Noise(official ? step + 1 : step < 0 ? 1000 : step),
    };

    private static string AuthorsGrid(string word) => word == "quad" ? TimeGrid.AuthorsQuadratic : TimeGrid.AuthorsUniform;

    private static int? Steps(string respacing) => respacing switch
    {
        "respacing=None" => null,
        _ => int.Parse(respacing.Replace("respacing=", "").Replace("ddim", ""), CultureInfo.InvariantCulture),
    };

    private static string Grid(string respacing) => respacing.Contains("ddim", StringComparison.Ordinal) ? TimeGrid.DdimStride : TimeGrid.Linspace;

    private static double Eta(string word) => double.Parse(word[4..], CultureInfo.InvariantCulture);
}
