using System.Globalization;
using System.Text.RegularExpressions;
using DdpmJobs.Scheduler.Api;

namespace DdpmJobs.Cli.Results;

/// <summary>The newest values of a run's metrics, those of a numbered family on one line.</summary>
internal static partial class NewestValues
{
    /// <summary>The lines, in the order of the names.</summary>
    public static IEnumerable<string> Lines(IReadOnlyDictionary<string, PointView> last) => last
        .GroupBy(metric => (Family: Numbers().Replace(metric.Key, ""), metric.Value.Step, Alone: Numbers().IsMatch(metric.Key) ? "" : metric.Key))
        .Select(family =>
        {
            string name = family.Count() == 1 ? family.First().Key : $"{family.First().Key}…{Numbers().Match(family.Last().Key).Value}";
            string values = string.Join(' ', family.Select(metric => name.EndsWith("_bytes", StringComparison.Ordinal)
                ? metric.Value.Value.ToString("N0", CultureInfo.InvariantCulture) : Wording.Number(metric.Value.Value, family.Count() == 1 ? 6 : 4)));
            string protocol = family.First().Value.ProtocolDigest is { } digest ? $", protocol {digest}" : "";
            return $"{name} {values} ({(name.EndsWith("_at_t", StringComparison.Ordinal) ? "t =" : "step")} {family.Key.Step}{protocol})";
        });

    // As in loss_q0 and loss_t07.
    [GeneratedRegex(@"(?<=_[a-z]?)\d+$")]
    private static partial Regex Numbers();
}
