using System.Text.Json.Nodes;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Scheduler.Tests.Api;

public sealed class ProtocolDifferenceTests
{
    [Theory]
    [InlineData("""{ "samples": 1000, "sampler": { "kind": "ddim", "steps": 20 } }""", """{ "sampler": { "steps": 50, "kind": "ddim" }, "samples": 5000 }""", "sampler.steps samples")]
    [InlineData("""{ "a": 1 }""", """{ "a": 1, "b": null }""", "b")]
    [InlineData("""{ "a": { "x": 1, "y": 2 } }""", """{ "a": null }""", "a")]
    [InlineData("""{ "a": [1, 2], "b": [1] }""", """{ "a": [1, 3], "b": [1] }""", "a")]
    [InlineData("""{ "a": 1 }""", """{ "a": 1 }""", "")]
    public void Members_OfTwo_AreThoseThatDiffer(string one, string two, string members)
        => Assert.Equal(members, string.Join(' ', ProtocolDifference.Members([Parse(one), Parse(two)])));

    [Fact]
    public void Sentences_SeveralMetrics_OneForEachThatWasMeasuredInSeveralWays()
        => Assert.Equal(
            ["fid: protocols aa, bb and cc differ in samples, seed"],
            ProtocolDifference.Sentences(
            [
                Value("nll", "dd", """{ "split": "test" }"""), Value("fid", "cc", """{ "samples": 1, "seed": 2 }"""), Value("fid", "aa", """{ "samples": 1, "seed": 1 }"""),
                Value("fid", "bb", """{ "samples": 2, "seed": 1 }"""), Value("fid", "aa", """{ "samples": 1, "seed": 1 }"""), Value("nll", "dd", """{ "split": "test" }"""),
            ]));

    private static EvaluationView Value(string metric, string digest, string protocol) => new(metric, 1, null, "", true, digest, Parse(protocol), new Dictionary<string, double>(), []);

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
