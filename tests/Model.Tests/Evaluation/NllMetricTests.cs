using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Evaluation;

public sealed class NllMetricTests
{
    [Fact]
    public void Measure_AnyBatchSize_GivesTheSameValue()
    {
        MetricValue one = new NllMetric { BatchSize = 1 }.Measure(Context());
        MetricValue many = new NllMetric { BatchSize = 17 }.Measure(Context());
        Assert.Equal(one.Value, many.Value, 1e-12);
        Assert.Equal(one.StandardError!.Value, many.StandardError!.Value, 1e-12);
        Assert.Equal(one.Parts.Values.Sum(), one.Value, 1e-12);
        Assert.True(JsonNode.DeepEquals(one.Protocol, many.Protocol));
    }

    [Fact]
    public void Measure_EveryTimestep_SeriesSumsToTheParts()
    {
        MetricValue value = new NllMetric().Measure(Context());
        (long[] t, double[] bits) = value.Series["nll/bits_per_dim_at_t"];
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), t);
        Assert.Equal(value.Parts["decoder_bits_per_dim"], bits[0], 1e-12);
        Assert.Equal(value.Parts["kl_bits_per_dim"], bits[1..].Sum(), 1e-12);
    }

    [Fact]
    public void Measure_FewTimestepsOverManySeeds_AveragesToTheWhole()
    {
        double[] whole = [.. Enumerable.Range(0, 60).Select(seed => new NllMetric().Measure(Context(seed)).Value)];
        double[] few = [.. Enumerable.Range(0, 60).Select(seed => new NllMetric { TimestepsPerImage = 3 }.Measure(Context(seed)).Value)];
        double[] gaps = [.. whole.Zip(few, (w, f) => f - w)];
        double mean = gaps.Average();
        double error = Math.Sqrt(gaps.Sum(gap => (gap - mean) * (gap - mean)) / (gaps.Length - 1) / gaps.Length);
        Assert.True(error > 0);
        Assert.InRange(mean, -4 * error, 4 * error);
        Assert.True(error < 0.05 * whole.Average());
    }

    [Fact]
    public void Measure_FewTimesteps_VisitsThatManyAndReportsProgress()
    {
        List<(long, long)> progress = [];
        int rows = 0;
        MetricContext context = Context() with { Progress = (done, all) => progress.Add((done, all)) };
        context = context with { Network = (xt, t) => { rows += (int)xt.shape[0]; return GoldenFile.Stub(xt, t); } };
        NllMetric metric = new() { TimestepsPerImage = 3, BatchSize = 10 };
        metric.Measure(context);
        Assert.Equal(metric.NetworkEvaluations(context), rows);
        Assert.Equal(8 * 4, rows);
        Assert.Equal((32, 32), progress[^1]);
    }

    [Theory]
    [InlineData("test", 1)]
    [InlineData("train", 2)]
    public void Measure_AllImages_AreSeenOnceAtEachTimestepAndDrawAndNotFlipped(string split, int draws)
    {
        List<(long T, float[] Xt)> seen = [];
        List<Split> asked = [];
        MetricContext context = Context();
        context = context with
        {
            Images = which => { asked.Add(which); return Context().Images(which); },
            Network = (xt, t) =>
            {
                for (int row = 0; row < xt.shape[0]; row++)
                    seen.Add((t[row].item<long>(), xt[row].contiguous().data<float>().ToArray()));
                return GoldenFile.Stub(xt, t);
            },
        };

        // Neither the number of images nor that of timesteps is a multiple of the batch: the last one is smaller.
        MetricValue value = new NllMetric { Split = split, Draws = draws, BatchSize = 7 }.Measure(context);

        Assert.All(asked, which => Assert.Equal(split, which.ToString().ToLowerInvariant()));
        Assert.Equal((8, split), (value.Protocol["images"]!.GetValue<int>(), value.Protocol["split"]!.GetValue<string>()));
        List<(long T, float[] Xt)> expected = [.. Enumerable.Range(0, 8).SelectMany(image => Enumerable.Range(0, draws).SelectMany(draw => Enumerable.Range(0, 20).Select(t => ((long)t, Noised(context, image, draw, t)))))];
        Assert.Equal(expected.Select(Key).Order(StringComparer.Ordinal), seen.Select(Key).Order(StringComparer.Ordinal));
        Assert.Equal(expected.Count, expected.Select(Key).Distinct().Count());
    }

    [Fact]
    public void Measure_FewTimestepsOverManySeeds_RatesAverageToTheWhole()
    {
        const int seeds = 60;
        double[][] gaps = [.. Enumerable.Range(0, seeds).Select(seed =>
        {
            (_, double[] whole) = new NllMetric().Measure(Context(seed)).Series["nll/rate_bits_per_dim_at_t"];
            (long[] t, double[] few) = new NllMetric { TimestepsPerImage = 3 }.Measure(Context(seed)).Series["nll/rate_bits_per_dim_at_t"];

            // Between the timesteps measured the rate stays as it is.
            return whole.Select((rate, at) => few[t.ToList().FindLastIndex(step => step <= at)] - rate).ToArray();
        })];
        for (int t = 0; t < 20; t++)
        {
            double mean = gaps.Average(gap => gap[t]);
            double error = Math.Sqrt(gaps.Sum(gap => Math.Pow(gap[t] - mean, 2)) / (seeds - 1) / seeds);
            Assert.True(Math.Abs(mean) <= 4.5 * error + 1e-12, FormattableString.Invariant($"t = {t}: {mean} with error {error}"));
        }
    }

    [Fact]
    public void Measure_EveryTimestep_RatesAndDistortionsFollowFromTheTerms()
    {
        MetricValue value = new NllMetric().Measure(Context());
        (long[] t, double[] rate) = value.Series["nll/rate_bits_per_dim_at_t"];
        Assert.Equal(value.Series["nll/distortion_rmse255_at_t"].Step, t);
        Assert.Equal(value.Parts["prior_bits_per_dim"], rate[^1], 1e-15);
        Assert.Equal(value.Value, rate[0] + value.Parts["decoder_bits_per_dim"], 1e-12);
        Assert.Equal(rate.OrderDescending(), rate);
        double[] mse = value.Series["nll/x0_mse_at_t"].Value;
        Assert.Equal(mse.Select(error => 127.5 * Math.Sqrt(error)), value.Series["nll/distortion_rmse255_at_t"].Value);
        Assert.Equal(mse.Select((error, i) => Context().Model.Process.SignalToNoise[i] * error), value.Series["nll/eps_mse_at_t"].Value);
    }

    [Fact]
    public void Measure_OneTimestep_HasNoTermBetweenPriorAndDecoder()
    {
        MetricContext context = Context() with { Model = GoldenFile.Model("cosine", "T=1", "eps", "fixedlarge") };
        MetricValue value = new NllMetric().Measure(context);
        Assert.Equal(0, value.Parts["kl_bits_per_dim"]);
        Assert.True(value.Parts["decoder_bits_per_dim"] > 0);
        Assert.Equal(value.Parts["prior_bits_per_dim"] + value.Parts["decoder_bits_per_dim"], value.Value, 1e-12);
        Assert.Equal([value.Parts["prior_bits_per_dim"]], value.Series["nll/rate_bits_per_dim_at_t"].Value);
    }

    [Fact]
    public void Measure_HundredThousandTimesteps_TakesAFew()
    {
        MetricContext context = Context() with { Model = GoldenFile.Model(new ConstSchedule { Beta = 1e-4 }.Betas(100_000), "eps", "fixedsmall") };
        MetricValue value = new NllMetric { TimestepsPerImage = 8, Draws = 2 }.Measure(context);
        (long[] t, double[] rate) = value.Series["nll/rate_bits_per_dim_at_t"];
        Assert.InRange(t.Length, 9, 1 + 2 * 8 * 8);
        Assert.Contains(t, step => step > 50_000);
        Assert.All(rate, bits => Assert.True(double.IsFinite(bits)));
        Assert.Equal(value.Value, rate[0] + value.Parts["decoder_bits_per_dim"], 1e-9);
        Assert.True(value.Parts["monte_carlo_standard_error_bits_per_dim"] > 0);
    }

    [Theory]
    [InlineData("x0")]
    [InlineData("v")]
    [InlineData("mu")]
    public void Measure_ScheduleThatEndsInPureNoise_IsFiniteAndItsNoiseIsKnownThere(string prediction)
    {
        MetricContext context = Context() with { Model = GoldenFile.Model(new JsdSchedule().Betas(20), prediction switch { "x0" => "xstart", "mu" => "xprev", _ => prediction }, "fixedlarge") };
        MetricValue value = new NllMetric().Measure(context);
        Assert.Equal(0, value.Parts["prior_bits_per_dim"]);
        Assert.All(value.Series.Values, series => Assert.All(series.Value, number => Assert.True(double.IsFinite(number))));
        Assert.Equal(0, value.Series["nll/eps_mse_at_t"].Value[^1]);
        Assert.NotEqual(0, value.Series["nll/x0_mse_at_t"].Value[^1]);
    }

    [Fact]
    public void Check_TwoBoundsOfOneSplit_AreRefusedAndOfTwoSplitsAreNot()
    {
        RunSpec Run(params Metric[] metrics) => new() { Data = new Optdigits(), Network = new DdpmUnet { Channels = 32, Multipliers = [1], Attention = [] }, Evaluation = new EvaluationSpec { Metrics = metrics } };
        SpecException refused = Assert.Throws<SpecException>(() => RunChecks.Check(Run(new NllMetric(), new NllMetric { Split = "train" }, new NllMetric { Draws = 2 })));
        Assert.Equal("evaluation.metrics[2].split", refused.Path);
        Assert.Contains("evaluation.metrics[0]", refused.Message, StringComparison.Ordinal);
        RunChecks.Check(Run(new NllMetric(), new NllMetric { Split = "train" }));
    }

    [Fact]
    public void Measure_TrainingImages_HasANameOfItsOwn()
    {
        MetricValue value = new NllMetric { Split = "train" }.Measure(Context());
        Assert.Equal("nll_train", value.Name);
        Assert.All(value.Series.Keys, name => Assert.StartsWith("nll_train/", name));
    }

    [Fact]
    public void Measure_SomeImages_AreTheFirst()
    {
        MetricValue value = new NllMetric { Images = 2 }.Measure(Context());
        Assert.Equal(2, value.Protocol["images"]!.GetValue<int>());
        Assert.Equal("hash", value.Protocol["data_hash"]!.GetValue<string>());
        Assert.Equal("ema 0.99", value.Protocol["weights"]!.GetValue<string>());
        Assert.NotEqual(value.Value, new NllMetric().Measure(Context()).Value);
    }

    [Fact]
    public void Measure_MoreImagesThanThereAre_IsRefused()
        => Assert.Equal("images", Assert.Throws<SpecException>(() => new NllMetric { Images = 9 }.Measure(Context())).Path);

    [Fact]
    public void Check_MoreTimestepsThanThereAre_IsRefused()
    {
        RunSpec run = new() { Data = new Optdigits(), Process = new ProcessSpec { Timesteps = 100 } };
        Assert.Throws<SpecException>(() => new NllMetric { TimestepsPerImage = 100 }.Check(run, "evaluation.metrics[0]"));
        new NllMetric { TimestepsPerImage = 99 }.Check(run, "evaluation.metrics[0]");
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, 1)]
    [InlineData(1000, 1)]
    [InlineData(1000, 10)]
    [InlineData(1000, 999)]
    [InlineData(50, 40)]
    public void Strata_AnyNumber_CoverEveryTimestepOnce(int timesteps, int? count)
    {
        (int T, int Width)[] visited = new TimestepStrata(timesteps, count).Of(0, 0);
        Assert.Equal(timesteps, visited.Sum(visit => visit.Width));
        Assert.Equal(count ?? timesteps - 1, visited.Length - 1);
        int edge = 0;
        foreach ((int t, int width) in visited)
        {
            Assert.InRange(t, edge, edge + width - 1);
            edge += width;
        }
    }

    private static float[] Noised(MetricContext context, int image, int draw, int t)
    {
        using DisposeScope scope = NewDisposeScope();
        float[] noise = new float[48];
        new RandomStream(context.Seed, RandomPurpose.Evaluation, ((long)draw << 32) + image, t).FillNormal(noise);
        Tensor x0 = context.Images(Split.Test).Batch([image]);
        return context.Model.Process.QSample(x0, tensor(new[] { (long)t }), tensor(noise, x0.shape)).data<float>().ToArray();
    }

    private static string Key((long T, float[] Xt) seen) => $"{seen.T:D3} {string.Join(' ', seen.Xt)}";

    private static MetricContext Context(long seed = 1)
    {
        byte[] pixels = [.. Enumerable.Range(0, 8 * 48).Select(i => (byte)(i * 31 % 17))];
        ImageSet images = new(pixels, 8, (3, 4, 4), 17, [], "hash");
        return new MetricContext
        {
            Model = GoldenFile.Model("cosine", "T=20", "eps", "fixedlarge"),
            Network = GoldenFile.Stub,
            Images = _ => images,
            Seed = seed,
            BaseProtocol = new JsonObject { ["weights"] = "ema 0.99" },
        };
    }
}
