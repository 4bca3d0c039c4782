using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Tests.Golden;

[assembly: AssemblyFixture(typeof(DdpmJobs.Model.Tests.Conformance.ConformanceReport))]

namespace DdpmJobs.Model.Tests.Conformance;

/// <summary>
/// Gathers every comparison with a golden number in this run of the tests and writes them down at its end: to <c>conformance.md</c> beside the tests, and to
/// <c>docs/conformance.md</c> where that is missing, has other rows, or <c>DDPM_CONFORMANCE=write</c> asks for it. A run of some tests only leaves the latter alone.
/// </summary>
public sealed class ConformanceReport : IDisposable
{
    // Members of the golden files that are inputs, descriptions or sums that only identical arithmetic gives.
    private static readonly HashSet<string> NoResults =
        ["env", "sources", "file", "note", "stub", "noise", "denoiser", "network", "fill", "columns", "cdf_columns", "normal_kl_columns", "inputs", "x_T", "latents", "x", "t", "timesteps",
         "param_order", "sha256_f64le", "length", "T", "history_per_term", "uniform_prob", "updates_t", "updates_loss", "t_index", "labels", "shape", "dtype", "T_given", "kept", "levels", "beta_start", "beta_end", "z",
         "official_vs_improved_max_abs_difference", "official_vs_improved_max_relative_difference_where_above_1e-3",
         "features_real", "features_fake", "logits"];

    private static readonly Lock Gate = new();
    private static readonly SortedDictionary<(string Family, string Reference), ConformanceRow> Rows = [];
    private static readonly Dictionary<string, HashSet<string>> Compared = [];

    /// <summary>Where the committed report is.</summary>
    public static string Committed => Path.Combine(Repository, "docs", "conformance.md");

    /// <summary>Adds a comparison of a golden node.</summary>
    internal static void Note(JsonNode node, IReadOnlyList<double> expected, IReadOnlyList<double> actual, double relative, double absolute)
    {
        (string file, string[] path) = GoldenFile.PlaceOf(node);
        GoldenPlace place = GoldenPlace.Of(file, path);
        lock (Gate)
        {
            if (!Rows.TryGetValue((place.Family, place.Reference), out ConformanceRow? row))
                Rows[(place.Family, place.Reference)] = row = new ConformanceRow();
            for (int i = 0; i < expected.Count; i++)
                row.Add(place.Case, expected[i], actual[i], absolute + relative * Math.Abs(expected[i]));
            if (!Compared.TryGetValue(file, out HashSet<string>? nodes))
                Compared[file] = nodes = [];
            nodes.Add(node.GetPath());
        }
    }

    /// <summary>The golden results that no test has compared in this run, as <c>file: path</c>.</summary>
    internal static IReadOnlyList<string> NotCompared() =>
        [.. GoldenFile.Names.SelectMany(file => ResultsOf(file).Where(node => !IsCompared(file, node)).Select(node => $"{file}: {node.GetPath()}"))];

    /// <inheritdoc/>
    public void Dispose()
    {
        string report = Write();
        File.WriteAllText(Path.Combine(AppContext.BaseDirectory, "conformance.md"), report);
        bool whole = NotCompared().Count == 0;
        bool asked = Environment.GetEnvironmentVariable("DDPM_CONFORMANCE") == "write";
        if (Directory.Exists(Path.GetDirectoryName(Committed)) && (asked || (whole && Outline(report) != Outline(File.Exists(Committed) ? File.ReadAllText(Committed) : ""))))
            File.WriteAllText(Committed, report);
    }

    /// <summary>The part of a report that does not depend on the machine: families, references and counts.</summary>
    internal static string Outline(string report) => string.Join('\n', report.ReplaceLineEndings("\n").Split('\n')
        .Where(line => line.StartsWith('|')).Select(line => string.Join('|', line.Split('|').Take(5))));

    private static string Write()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Conformance

            Written by the tests (`tests/Model.Tests/Conformance`), never by hand; `DDPM_CONFORMANCE=write ./test Model` writes it anew. Each golden number was made by running
            the reference program at the commit that `tests/Model.Tests/Golden/*.json` names, on the inputs that it describes. *Largest* is the difference that comes nearest to
            what its tolerance allows; float32 references differ by the order of their sums, and so does one processor from another.

            | family | reference | cases | numbers | largest difference | at the value | allowed there |
            |---|---|---|---|---|---|---|

            """);
        foreach (((string family, string reference), ConformanceRow row) in Rows)
        {
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {family} | {reference} | {row.Cases} | {row.Numbers} | {row.Difference:0.#e+0} | {row.Expected:0.##e+0} | {row.Allowed:0.#e+0} |");
        }

        text.Append("""

            ## Golden results by file

            | file | results | compared |
            |---|---|---|

            """);
        foreach (string file in GoldenFile.Names)
        {
            JsonNode[] results = [.. ResultsOf(file)];
            text.AppendLine(CultureInfo.InvariantCulture, $"| {file} | {results.Length} | {results.Count(node => IsCompared(file, node))} |");
        }

        // In a run of all tests there is none.
        foreach (string missing in NotCompared())
            text.AppendLine(CultureInfo.InvariantCulture, $"- not compared: `{missing}`");

        text.AppendLine().Append(ConformanceNotes.Text);
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>The results of a golden file that are there to be compared.</summary>
    internal static IEnumerable<JsonNode> ResultsOf(string file) => Results(GoldenFile.Read(file)).Where(node => !ConformanceNotes.Excuses(file, node.GetPath()));

    // A result is a number, or a list of numbers, nested or not.
    private static IEnumerable<JsonNode> Results(JsonNode? node) => node switch
    {
        JsonObject members => members.Where(member => !NoResults.Contains(member.Key)).SelectMany(member => Results(member.Value)),
        JsonArray items when items.Count > 0 && items.All(GoldenFile.IsNumber) => [items],
        JsonArray items => items.SelectMany(Results),
        JsonValue value when GoldenFile.IsNumber(value) => [value],
        _ => [],
    };

    private static bool IsCompared(string file, JsonNode result)
    {
        if (!Compared.TryGetValue(file, out HashSet<string>? nodes))
            return false;
        if (result is JsonArray && nodes.Any(path => path.StartsWith(result.GetPath() + "[", StringComparison.Ordinal)))
            return true;
        for (JsonNode? node = result; node is not null; node = node.Parent)
        {
            if (nodes.Contains(node.GetPath()))
                return true;
        }

        return false;
    }

    private static string Repository
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DdpmJobs.sln")))
                folder = folder.Parent;
            return folder?.FullName ?? AppContext.BaseDirectory;
        }
    }
}
