using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Samplers;

public sealed class SamplerGoldenTests
{
    public static TheoryData<string> Cases => GoldenFile.Cases("samplers", "cases");

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
            "ddim_authors" => GoldenFile.Model(new LinearSchedule().Betas(1000), "eps", "fixedsmall"),
            _ => GoldenFile.Model(words[1], words[2], words[4], words[0] == "ancestral" ? words[5] : "fixedlarge"),
        };

        List<double> times = [];
        Tensor sample = Sampler(words).Sample(model, (xt, t) => { times.Add(t.ReadCpuInt64(0)); return GoldenFile.Stub(xt, t); }, new SampleRequest
        {
            Seed = 0,
            Count = 2,
            Shape = (3, 4, 4),
            ReplayedNoise = step => GoldenFile.Noise(official ? step + 1 : step < 0 ? 1000 : step),
        });

        GoldenFile.AssertClose(golden["final"], sample, 2e-4, 2e-4);
        if (golden["network_times"] is JsonNode networkTimes)
            Assert.Equal(GoldenFile.Numbers(networkTimes), times);
        if (golden["seq"] is JsonNode visited)
            Assert.Equal(GoldenFile.Numbers(visited).Reverse(), times);
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
        Assert.Equal(expected.Select(t => (int)t), TimeGrid.Visit(ddim ? TimeGrid.DdimStride : TimeGrid.Linspace, timesteps, steps));
    }

    private static Sampler Sampler(string[] words) => words[0] switch
    {
        "official_progressive" => new AncestralSampler(),
        "ancestral" => new AncestralSampler { Steps = Steps(words[3]), Grid = Grid(words[3]) },
        "ddim" => new DdimSampler { Steps = Steps(words[3]) ?? 10, Grid = Grid(words[3]), Eta = Eta(words[5]) },
        "ddim_authors" => new DdimSampler
        {
            Steps = int.Parse(words[3][2..], CultureInfo.InvariantCulture),
            Grid = words[4] == "quad" ? TimeGrid.AuthorsQuadratic : TimeGrid.AuthorsUniform,
            Eta = Eta(words[5]),
            ClipDenoised = false,
        },
        _ => throw new ArgumentException(words[0]),
    };

    private static int? Steps(string respacing) => respacing switch
    {
        "respacing=None" => null,
        _ => int.Parse(respacing.Replace("respacing=", "").Replace("ddim", ""), CultureInfo.InvariantCulture),
    };

    private static string Grid(string respacing) => respacing.Contains("ddim", StringComparison.Ordinal) ? TimeGrid.DdimStride : TimeGrid.Linspace;

    private static double Eta(string word) => double.Parse(word[4..], CultureInfo.InvariantCulture);
}
