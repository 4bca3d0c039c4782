using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation;

public sealed class BoundGoldenTests
{
    public static TheoryData<string> Cases => GoldenFile.Cases("bpd", "cases");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Terms_StubNetwork_MatchReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = GoldenFile.Read("bpd")["cases"]![name]!;
        string[] words = name.Split('/');
        DiffusionModel model = GoldenFile.Model(words[0], words[1], words[3], words[4]);
        bool wide = words[2] == "f64";
        (double[,] bits, double[,] mse, double[] prior) = Measure(model, wide ? ScalarType.Float64 : ScalarType.Float32, words[5] == "clip=True");

        // The float32 references lose the decoder's term at t = 0, and with it the total.
        (double relative, double absolute) = wide ? (1e-9, 1e-9) : (5e-5, 1e-6);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["prior_bpd"]), prior, relative, wide ? 1e-12 : 1e-7);
        for (int row = 0; row < 2; row++)
        {
            BoundTally tally = Tally(model.Process, bits, mse, prior, row);
            double[] terms = tally.BitsPerDimAtT().Value;
            AssertSeries(golden, "vb", row, terms, relative, absolute, from: wide ? 0 : 1);
            AssertSeries(golden, "xstart_mse", row, tally.X0MseAtT().Value, relative, absolute);
            AssertSeries(golden, "mse", row, tally.EpsMseAtT().Value, relative, absolute);
            AssertRateAndDistortion(golden, row, tally, relative, absolute);
            if (wide)
                GoldenFile.AssertClose(golden["total_bpd"]![row], tally.Totals.Single(), relative, absolute);
        }
    }

    public static TheoryData<string> OfficialCases => GoldenFile.Cases("bpd", "official_tf_clip_true");

    [Theory]
    [MemberData(nameof(OfficialCases))]
    public void Terms_OfficialSchedules_MatchReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode golden = GoldenFile.Read("bpd")["official_tf_clip_true"]![name]!;
        string[] words = name.Split('/');
        Schedule schedule = SpecJson.Read<Schedule>(words[0]);
        DiffusionModel model = GoldenFile.Model(schedule.Betas(int.Parse(words[1][2..], CultureInfo.InvariantCulture)), words[2], words[3]);
        (double[,] bits, double[,] mse, double[] prior) = Measure(model, ScalarType.Float32, clip: true);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["prior_bpd"]), prior, 5e-5, 1e-6);
        for (int row = 0; row < 2; row++)
        {
            foreach ((string t, JsonNode? expected) in golden["terms_bpd_at"]!.AsObject().Where(entry => entry.Key != "0"))
                GoldenFile.AssertClose(expected![row], bits[row, int.Parse(t, CultureInfo.InvariantCulture)], 5e-5, 2e-6);
            foreach ((string t, JsonNode? expected) in golden["mse_xstart_at"]!.AsObject())
                GoldenFile.AssertClose(expected![row], mse[row, int.Parse(t, CultureInfo.InvariantCulture)], 5e-5, 1e-6);
        }
    }

    [Fact]
    public void Prior_CosineOfThousandSteps_MatchesFloat64Reference()
    {
        using DisposeScope scope = NewDisposeScope();
        GaussianDiffusion process = new(new CosineSchedule().Betas(1000));
        GoldenFile.AssertClose(GoldenFile.Read("bpd")["prior_bpd_float64"]!["cosine/T=1000"], VariationalBound.Prior(process, GoldenFile.X0(ScalarType.Float64)), 1e-5, 0);
    }

    private static BoundTally Tally(GaussianDiffusion process, double[,] bits, double[,] mse, double[] prior, int row)
    {
        BoundTally tally = new(1, 1, process);
        tally.Prior[0] = prior[row];
        for (int t = 0; t < process.Timesteps; t++)
            tally.Add(0, 0, t, 1, bits[row, t], mse[row, t]);
        return tally;
    }

    // Short cases have every t, long ones a few and the sum.
    private static void AssertSeries(JsonNode golden, string name, int row, double[] actual, double relative, double absolute, int from = 0)
    {
        if (golden[name + "_by_t"] is JsonArray all)
        {
            for (int t = from; t < actual.Length; t++)
                GoldenFile.AssertClose(all[row]![t], actual[t], relative, absolute);
            return;
        }

        JsonObject some = golden[name + "_by_t_at"]!.AsObject();
        foreach ((string t, JsonNode? expected) in some)
        {
            if (int.Parse(t, CultureInfo.InvariantCulture) >= from)
                GoldenFile.AssertClose(expected![row], actual[int.Parse(t, CultureInfo.InvariantCulture)], relative, absolute);
        }

        // What is left out above is taken from the reference.
        double left = Enumerable.Range(0, from).Sum(t => GoldenFile.Number(some[t.ToString(CultureInfo.InvariantCulture)]![row]));
        GoldenFile.AssertClose(golden[name + "_sum"]![row], left + actual[from..].Sum(), relative, absolute);
    }

    private static void AssertRateAndDistortion(JsonNode golden, int row, BoundTally tally, double relative, double absolute)
    {
        Assert.Equal(tally.Totals.Single(), tally.RateAtT().Value[0] + tally.BitsPerDimAtT().Value[0], 1e-9);
        if (golden["rate_bits_per_dim_by_t"] is not JsonArray rates)
            return; // the longer cases have neither
        GoldenFile.AssertClose(GoldenFile.Numbers(rates[row]), tally.RateAtT().Value, relative, absolute);
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["distortion_rmse255_by_t"]![row]), tally.DistortionAtT().Value, relative, 255 * absolute);
    }

    // The loop of the reference: t = T-1 .. 0 with noise number T-1-t.
    private static (double[,] Bits, double[,] Mse, double[] Prior) Measure(DiffusionModel model, ScalarType type, bool clip)
    {
        int timesteps = model.Process.Timesteps;
        double[,] bits = new double[2, timesteps];
        double[,] mse = new double[2, timesteps];
        Tensor x0 = GoldenFile.X0(type);
        for (int t = timesteps - 1; t >= 0; t--)
        {
            using DisposeScope step = NewDisposeScope();
            Tensor at = full(2, t, dtype: ScalarType.Int64);
            Tensor xt = model.Process.QSample(x0, at, GoldenFile.Noise(timesteps - 1 - t, type));
            (Tensor term, Tensor x0Mse) = VariationalBound.Term(model, GoldenFile.StubOf(model)(xt, at), x0, xt, at, clip, 256, Decoder.Tanh);
            for (int row = 0; row < 2; row++)
                (bits[row, t], mse[row, t]) = (GoldenFile.Values(term)[row], GoldenFile.Values(x0Mse)[row]);
        }

        return (bits, mse, GoldenFile.Values(VariationalBound.Prior(model.Process, x0)));
    }
}
