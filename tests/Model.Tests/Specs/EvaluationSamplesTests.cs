using System.Text.Json.Nodes;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

public sealed class EvaluationSamplesTests
{
    [Theory]
    [InlineData("fid", "{}", "", "")]
    [InlineData("frechet_distance", """{ "count": 0 }""", "evaluation.samples.count", "must be between 2 and 10000000; got 0")]
    [InlineData("frechet_distance", """{ "count": -5 }""", "evaluation.samples.count", "must be between 2 and 10000000; got -5")]
    [InlineData("classifier_score", """{ "count": 9 }""", "evaluation.samples.splits", "must be at most the 9 images of evaluation.samples.count; got 10")]
    [InlineData("classifier_score", """{ "count": 128, "shards": 3 }""", "evaluation.samples.shards", "must be at most the 2 network calls of 64 images that 128 images take; got 3; a smaller batch_size makes more of them")]
    [InlineData("nll", """{ "count": 9, "shards": 3 }""", "", "")]
    [InlineData("frechet_distance", """{ "sampler": { "kind": "ddim", "steps": 2000 } }""", "evaluation.samples.sampler.steps", "2000")]
    [InlineData("nll", """{ "sampler": { "kind": "euler_of_nobody" } }""", "evaluation.samples.sampler.kind", "there is no sampler")]
    [InlineData("frechet_distance", """{ "guidance_scale": 2 }""", "evaluation.samples.guidance_scale", "needs a network that is given labels")]
    [InlineData("frechet_distance", """{ "classes": [1] }""", "evaluation.samples.classes", "needs a network that is given labels")]
    [InlineData("kid", """{ "count": 999 }""", "evaluation.metrics.subset_size", "must be at most the 999 images of evaluation.samples.count; got 1000")]
    [InlineData("kid", """{ "count": 300000 }""", "evaluation.metrics", "keeps the features of every image, which is done for at most 250000; evaluation.samples.count is 300000")]
    [InlineData("fid", """{ "count": 300000 }""", "", "")]
    public void Check_Samples_AreRefusedWhereMetricsOfThemCannotBeMeasured(string metric, string samples, string path, string reason) =>
        Refused($$"""{ "data": "optdigits", "evaluation": { "metrics": "{{metric}}", "samples": {{samples}} } }""", path, reason);

    [Theory]
    [InlineData("""{ "kind": "frechet_distance", "network": "inception" }""", "evaluation.metrics.network", "is inception, and the distance between its features is named FID; use the kind fid")]
    [InlineData("""{ "kind": "classifier_score", "network": "inception" }""", "evaluation.metrics.network", "use the kind inception_score")]
    [InlineData("""{ "kind": "frechet_distance", "network": "cifar10_resnet" }""", "evaluation.metrics.network", "cifar10_resnet20 takes images of 3 x 32 x 32 only; the data optdigits has 1 x 8 x 8; use classifier")]
    [InlineData("""{ "kind": "frechet_distance", "network": { "kind": "cifar10_resnet", "depth": 110 } }""", "evaluation.metrics.network.depth", "must be one of 20, 32, 44, 56; got 110")]
    [InlineData("""{ "kind": "fid", "scaling": "keras" }""", "evaluation.metrics.scaling", "must be one of")]
    [InlineData("""{ "kind": "fid", "resize": "nearest" }""", "evaluation.metrics.resize", "there is no resize")]
    [InlineData("""{ "kind": "fid", "reference": { "kind": "train", "images": 4000 } }""", "evaluation.metrics.reference.images", "must be at most the 3823 images of the train split; got 4000")]
    [InlineData("""{ "kind": "fid", "reference": { "kind": "file", "sha256": "stats.npz" } }""", "evaluation.metrics.reference.sha256", "must be a SHA-256 of 64 digits 0-9 and a-f, as `ddpm statistics list` shows it; got \"stats.npz\"")]
    [InlineData("""{ "kind": "fid", "reference": { "kind": "file" } }""", "evaluation.metrics.reference.sha256", "is missing")]
    [InlineData("""{ "kind": "recall", "reference": { "kind": "file", "sha256": "0000000000000000000000000000000000000000000000000000000000000000" } }""", "evaluation.metrics.reference", "recall compares single images, but file holds statistics only; use train or test")]
    [InlineData("""{ "kind": "precision", "neighbour": 0 }""", "evaluation.metrics.neighbour", "must be between 1 and 1000; got 0")]
    [InlineData("""[ "fid", { "kind": "fid", "resize": "tf1_bilinear" } ]""", "evaluation.metrics[1]", "measures fid, as evaluation.metrics[0] does, because a run keeps one value of a name; leave one of them out")]
    [InlineData("""[ "fid", { "kind": "fid", "quantise": false } ]""", "", "")]
    [InlineData("""[ "frechet_distance", "kid", "precision", "recall", "classifier_score", { "kind": "kid", "network": "inception" } ]""", "", "")]
    public void Check_Metrics_AreRefusedWhereTheyCannotBeMeasured(string metrics, string path, string reason) =>
        Refused($$"""{ "data": "optdigits", "evaluation": { "metrics": {{metrics}} } }""", path, reason);

    [Theory]
    [InlineData("""{ "kind": "packed_tiles", "file": "tiles.bin" }""", "frechet_distance", "classifier is trained on labels, but the data packed_tiles has none; use another network")]
    [InlineData("""{ "kind": "packed_tiles", "file": "tiles.bin" }""", "fid", "")]
    public void Check_DataWithoutLabels_HasNoClassifier(string data, string metric, string reason)
    {
        Refused($$"""{ "data": {{data}}, "evaluation": { "metrics": "{{metric}}" } }""", reason.Length == 0 ? "" : "evaluation.metrics[0].network", reason);
    }

    [Fact]
    public void Check_ValidationThatDraws_HasSamplesOfItsOwn()
    {
        Refused("""{ "data": "optdigits", "training": { "validation": { "every": 100, "metrics": "frechet_distance" } } }""", "", "");
        Refused(
            """{ "data": "optdigits", "training": { "validation": { "every": 100, "metrics": "kid", "samples": { "count": 500 } } } }""",
            "training.validation.metrics[0].subset_size", "must be at most the 500 images of training.validation.samples.count; got 1000");
        Refused(
            """{ "data": "optdigits", "training": { "validation": { "every": 100, "metrics": "frechet_distance", "samples": { "count": 5 } } } }""",
            "training.validation.samples.splits", "must be at most the 5 images of training.validation.samples.count; got 10");
        Refused(
            """{ "data": "optdigits", "training": { "validation": { "every": 100, "metrics": "frechet_distance", "samples": { "shards": 2 } } } }""",
            "training.validation.samples.shards", "must be left out");
    }

    [Theory]
    [InlineData("""{ "metrics": "nll" }""", 0)]
    [InlineData("""{ "metrics": "fid" }""", 2)]
    [InlineData("""{ "metrics": "fid", "samples": { "count": 5000 } }""", 0)]
    [InlineData("""{ "metrics": "fid", "samples": { "count": 50000 } }""", 10)]
    [InlineData("""{ "metrics": "fid", "samples": { "count": 50000, "shards": 1 } }""", 0)]
    [InlineData("""{ "metrics": "fid", "samples": { "count": 5001 } }""", 2)]
    [InlineData("""{ "metrics": "fid", "samples": { "count": 5001, "batch_size": 6000 } }""", 0)]
    [InlineData("""{ "metrics": "nll", "samples": { "count": 1000, "shards": 7 } }""", 0)]
    [InlineData("""{ "metrics": "kid", "samples": { "count": 1000, "shards": 7 } }""", 7)]
    public void ShardJobs_OfASpec_AreThoseThatShareTheDrawing(string evaluation, int jobs) =>
        Assert.Equal(jobs, Read($$"""{ "data": "optdigits", "evaluation": {{evaluation}} }""").Evaluation.ShardJobs);

    [Theory]
    [InlineData(101, 8, 1)]
    [InlineData(101, 8, 13)]
    [InlineData(50_000, 64, 7)]
    [InlineData(5001, 1, 256)]
    [InlineData(10, 64, 1)]
    public void RangeOf_AllShards_HaveEveryImageOnceInWholeBatches(int count, int batch, int shards)
    {
        EvaluationSamples samples = new() { Count = count, BatchSize = batch, Shards = shards };
        int end = 0;
        for (int shard = 0; shard < shards; shard++)
        {
            (int first, int last) = samples.RangeOf(shard);
            Assert.Equal(end, first);
            Assert.Equal(0, first % batch);
            Assert.True(last > first);
            end = last;
        }

        Assert.Equal(count, end);
        Assert.Throws<ArgumentOutOfRangeException>(() => samples.RangeOf(shards));
    }

    [Theory]
    [InlineData(101, 4)]
    [InlineData(50_000, 10)]
    [InlineData(7, 7)]
    [InlineData(10_000_000, 1000)]
    public void SampleSplits_EverySample_IsInTheSplitThatBeginsBeforeIt(int samples, int count)
    {
        SampleSplits splits = new(samples, count);
        Assert.Equal((0, samples), (splits.First(0), splits.First(count)));
        for (int split = 0; split < count; split++)
        {
            Assert.Equal(split, splits.Of(splits.First(split)));
            Assert.Equal(split, splits.Of(splits.First(split + 1) - 1));
        }
    }

    [Fact]
    public void Read_Samples_FollowTheSamplingWhereTheySayNothing()
    {
        RunSpec run = Read("""{ "data": "optdigits", "network": { "kind": "ddpm_unet", "channels": 32, "multipliers": [1], "attention": [], "classes": 10 }, "training": { "label_dropout": 0.1 }, "evaluation": { "metrics": "kid", "weights": "raw" }, "sampling": { "sampler": "ancestral", "guidance_scale": 2, "classes": [1, 2], "count": 4, "mode": "progressive" } }""");
        RunChecks.Check(run);
        SamplingSpec sampling = run.Evaluation.Samples.AsSampling(run);
        Assert.Equal("ancestral", Kinds.NameOf(sampling.Sampler));
        Assert.Equal("samples", Kinds.NameOf(sampling.Mode));
        Assert.Equal((10_000, 2.0, "raw"), (sampling.Count, sampling.GuidanceScale, sampling.Weights));
        Assert.Equal([1, 2], sampling.Classes!);
    }

    private static RunSpec Read(string json) => SpecJson.Read<RunSpec>(JsonNode.Parse(json));

    private static void Refused(string json, string path, string reason)
    {
        if (path.Length == 0)
        {
            RunChecks.Check(With(json));
            return;
        }

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(With(json)));

        // A list of one may be written without brackets; checks of the whole run name the place in the list.
        string prefix = error.Path.StartsWith("evaluation.metrics[0]", StringComparison.Ordinal) && !path.Contains('[') ? "evaluation.metrics[0]" : "evaluation.metrics";
        Assert.Equal(path, error.Path.Replace(prefix, "evaluation.metrics", StringComparison.Ordinal));
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    // A network that fits 8 x 8 images.
    private static RunSpec With(string json)
    {
        JsonObject run = JsonNode.Parse(json)!.AsObject();
        run["network"] ??= JsonNode.Parse("""{ "kind": "ddpm_unet", "channels": 32, "multipliers": [1], "attention": [] }""");
        return SpecJson.Read<RunSpec>(run);
    }
}
