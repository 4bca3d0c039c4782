using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

/// <summary>What a cast at the wrong place costs, as measured on plain casts; and that it is not paid here.</summary>
public sealed class PrecisionTrapTests
{
    public static TheoryData<string> Types => GoldenFile.Cases("precision_traps", "sigma_t_from_half_precision_alphas_cumprod_linear_T1000");

    public static TheoryData<string> Quantisers => [.. RoundTrip().Select(entry => entry.Key).Where(key => key.EndsWith("-> wrong levels", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Types))]
    public void Sigma_FromCastAlphasCumprod_IsWrongAsTheReferenceSays(string type)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode expected = GoldenFile.Read("precision_traps")["sigma_t_from_half_precision_alphas_cumprod_linear_T1000"]![type]!;
        Tensor sigma = (1 - tensor((double[])[.. Process.AlphasCumprod]).to(Type(type)).to(ScalarType.Float64)).sqrt();
        double[] errors = RelativeErrors(sigma);
        GoldenFile.AssertClose(expected["timesteps_with_zero_sigma"], GoldenFile.Values(sigma).Count(s => s == 0), 0, 0);
        GoldenFile.AssertClose(expected["first_t_with_rel_err_below_1pct_forever"], Array.FindLastIndex(errors, e => e >= 0.01) + 1, 0, 0);
        GoldenFile.AssertClose(expected["max_rel_err_sigma"], errors.Max(), 0, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Extract_OfSigma_IsRightToTheLastBitOfTheType(string type)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor sigma = Process.Extract(Process.SqrtOneMinusAlphasCumprod, arange(1000, dtype: ScalarType.Int64), zeros(1, dtype: Type(type)));
        double halfStep = type switch { "float32" => Math.Pow(2, -24), "float16" => Math.Pow(2, -11), "bfloat16" => Math.Pow(2, -8), _ => throw new ArgumentException(type) };
        Assert.True(RelativeErrors(sigma.flatten()).Max() <= halfStep * 1.001);
    }

    [Theory]
    [MemberData(nameof(Quantisers))]
    public void Quantiser_OfTheReference_LosesTheLevelsItSays(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Levels().Batch([0]).flatten();
        Tensor back = name switch
        {
            _ when name.StartsWith("truncate ((x+1)*127.5)", StringComparison.Ordinal) => ((x + 1) * 127.5f).clamp(0, 255).to(uint8),
            _ when name.StartsWith("edm (x*127.5+128)", StringComparison.Ordinal) => (x * 127.5f + 128).clamp(0, 255).to(uint8),
            _ when name.StartsWith("round((x+1)*127.5)", StringComparison.Ordinal) => ((x + 1) * 127.5f).round().clamp(0, 255).to(uint8),
            _ when name.StartsWith("round(clip(x/2+0.5)*255)", StringComparison.Ordinal) => ((x / 2 + 0.5f).clamp(0, 1) * 255).round().to(uint8),
            _ => throw new ArgumentException(name),
        };
        GoldenFile.AssertClose(GoldenFile.Numbers(RoundTrip()[name]), [.. WrongLevels(back.data<byte>().ToArray())], 0, 0);
    }

    [Fact]
    public void Quantise_EveryLevel_SurvivesTheRoundTrip()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.Empty(WrongLevels(SampleWriter.Quantise(Levels().Batch([0]))));
    }

    private static GaussianDiffusion Process { get; } = new(new LinearSchedule().Betas(1000));

    private static JsonObject RoundTrip() => GoldenFile.Read("precision_traps")["uint8_round_trip"]!.AsObject();

    private static ImageSet Levels() => new([.. Enumerable.Range(0, 256).Select(level => (byte)level)], 1, (1, 16, 16), 256, [], "");

    private static IEnumerable<double> WrongLevels(byte[] back) => Enumerable.Range(0, 256).Where(level => back[level] != level).Select(level => (double)level);

    private static double[] RelativeErrors(Tensor sigma) =>
        [.. GoldenFile.Values(sigma).Zip(Process.SqrtOneMinusAlphasCumprod, (actual, exact) => Math.Abs(actual - exact) / exact)];

    private static ScalarType Type(string name) => name switch
    {
        "float32" => ScalarType.Float32, "float16" => ScalarType.Float16, "bfloat16" => ScalarType.BFloat16, _ => throw new ArgumentException(name),
    };
}
