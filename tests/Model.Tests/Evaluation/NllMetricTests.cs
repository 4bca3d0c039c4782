using System.Text.Json.Nodes;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;

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
