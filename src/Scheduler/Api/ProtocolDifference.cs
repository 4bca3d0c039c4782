using System.Text.Json.Nodes;

namespace DdpmJobs.Scheduler.Api;

/// <summary>Tells why values of one metric cannot be compared.</summary>
public static class ProtocolDifference
{
    /// <summary>A sentence, without its stop, for each metric that was measured in several ways: <c>fid: protocols 1a2b and 3c4d differ in samples, sampler.steps</c>.</summary>
    public static IReadOnlyList<string> Sentences(IEnumerable<EvaluationView> evaluations)
        => [.. evaluations.GroupBy(e => e.Metric).OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(Sentence).OfType<string>()];

    /// <summary>The members, as in <c>sampler.steps</c>, that the protocols do not all have alike.</summary>
    public static IReadOnlyList<string> Members(IReadOnlyList<JsonObject> protocols)
    {
        List<string> members = [];
        Compare("", [.. protocols], members);
        return members;
    }

    private static string? Sentence(IGrouping<string, EvaluationView> metric)
    {
        List<EvaluationView> ways = [.. metric.DistinctBy(e => e.ProtocolDigest).OrderBy(e => e.ProtocolDigest, StringComparer.Ordinal)];
        string all = string.Join(", ", ways.SkipLast(1).Select(e => e.ProtocolDigest));
        return ways.Count < 2 ? null : $"{metric.Key}: protocols {all} and {ways[^1].ProtocolDigest} differ in {string.Join(", ", Members([.. ways.Select(e => e.Protocol)]))}";
    }

    private static void Compare(string path, IReadOnlyList<JsonObject> objects, List<string> members)
    {
        foreach (string name in objects.SelectMany(o => o).Select(member => member.Key).Distinct().Order(StringComparer.Ordinal))
        {
            // Go into what is an object everywhere; name what differs as a whole else.
            string member = path + name;
            List<JsonNode?> values = [.. objects.Select(o => o[name])];
            if (values.TrueForAll(value => value is JsonObject))
            {
                Compare($"{member}.", [.. values.Cast<JsonObject>()], members);
            }
            else if (!objects.All(o => o.ContainsKey(name)) || !values.TrueForAll(value => JsonNode.DeepEquals(value, values[0])))
            {
                members.Add(member);
            }
        }
    }
}
