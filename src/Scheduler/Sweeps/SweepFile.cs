using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DdpmJobs.Model.Specs;
using DdpmJobs.Tracking.Sweeps;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>Reads a sweep's YAML and expands it to runs.</summary>
/// <remarks>
/// The members are <c>name</c>, <c>description</c>, <c>pool</c>, <c>run</c> (a <see cref="RunSpec"/> that may leave out what has a default) and
/// <c>grid</c> (lists of values by path into <c>run</c>; their product is run, the last axis fastest, and an axis replaces what <c>run</c> says at its path).
/// </remarks>
public static partial class SweepFile
{
    private static readonly string[] Members = ["name", "description", "pool", "run", "grid"];

    /// <summary>Parses, resolves, checks and expands.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="fileName">Named in errors; not opened.</param>
    /// <param name="submittedBy">Recorded with the sweep.</param>
    /// <exception cref="SweepFileException">The first thing that is wrong, with file:line:column.</exception>
    public static SweepDraft Parse(string yaml, string fileName, string submittedBy)
    {
        SourceFile file = new(fileName);
        SourceMapping sweep = Root(file, YamlReader.Read(file, yaml));
        string name = Name(file, Required(file, sweep, "name"));
        string pool = sweep.Find("pool") is SourceMember given ? Name(file, given) : "default";
        CheckDescription(file, sweep.Find("description"));

        SourceMember run = Required(file, sweep, "run");
        Grid grid = Grid.Read(file, sweep.Find("grid"));
        List<RunDraft> runs = Expand(file, name, run, grid);
        return new SweepDraft(name, Identity(name, pool, runs), yaml, pool, submittedBy, runs);
    }

    private static List<RunDraft> Expand(SourceFile file, string sweepName, SourceMember run, Grid grid)
    {
        SourceMapping start = run.Value as SourceMapping ?? throw file.Error(run.Value.Mark, "run: must be a mapping that has at least the member data");
        SweepLocator locator = new(file, run, grid);
        RunNames names = new(grid);
        List<RunDraft> runs = [];
        Dictionary<string, (int Index, int[] Point)> seen = [];
        foreach (int[] point in grid.Points())
        {
            // Resolve the run.
            string named = names.Of(point) is { Length: > 0 } varied ? varied : sweepName;
            string label = $"run {runs.Count + 1} ({named})";
            RunSpec spec = Resolve(file, start, grid, point, locator, label, isFirst: runs.Count == 0);

            // Refuse a run that the sweep already has.
            JsonNode resolved = SpecJson.Write(spec);
            if (!seen.TryAdd(SpecJson.Hash(resolved), (runs.Count, point)))
            {
                throw Twice(file, grid, label, point, seen[SpecJson.Hash(resolved)]);
            }

            runs.Add(new RunDraft(named, RunTree.Axes(grid, point, resolved).ToJsonString(), spec));
        }

        return runs;
    }

    private static RunSpec Resolve(SourceFile file, SourceMapping start, Grid grid, int[] point, SweepLocator locator, string label, bool isFirst)
    {
        RunSpec spec;
        try
        {
            spec = SpecJson.Read<RunSpec>(RunTree.Of(file, start, grid, point));
        }
        catch (SpecException e)
        {
            // An error in the base that the first run did not have comes from the values of the axes.
            throw locator.Locate(e, point, isFirst || locator.IsVaried(e.Path) ? "" : label);
        }

        try
        {
            RunChecks.Check(spec);
        }
        catch (SpecException e)
        {
            throw locator.Locate(e, point, grid.Axes.Count == 0 ? "" : label);
        }

        return spec;
    }

    private static SweepFileException Twice(SourceFile file, Grid grid, string label, int[] point, (int Index, int[] Point) first)
    {
        int differs = Enumerable.Range(0, point.Length).First(i => point[i] != first.Point[i]);
        Axis axis = grid.Axes[differs];
        SourceMark other = axis.Values[first.Point[differs]].Mark;
        return file.Error(
            axis.Values[point[differs]].Mark,
            $"grid.{axis.Path}[{point[differs]}]: {label} is the same as run {first.Index + 1}, "
            + $"whose value stands at line {other.Line}, column {other.Column}; remove one (for repeats vary the seed)");
    }

    // The runs are sorted, so that the order of members and axes in the file does not make another sweep.
    private static string Identity(string name, string pool, List<RunDraft> runs) => SpecJson.Hash(new JsonObject
    {
        ["name"] = name,
        ["pool"] = pool,
        ["runs"] = new JsonArray([.. runs.Select(r => SpecJson.Write(r.Spec)).OrderBy(SpecJson.Canonical, StringComparer.Ordinal)]),
    });

    private static SourceMapping Root(SourceFile file, SourceNode root)
    {
        SourceMapping sweep = root as SourceMapping ?? throw file.Error(root.Mark, $"a sweep is a mapping with the members {string.Join(", ", Members)}");
        if (sweep.Members.FirstOrDefault(m => !Members.Contains(m.Name)) is SourceMember unknown)
        {
            string hint = Spelling.Hint(unknown.Name, Members);
            string choice = $"he members of a sweep are {string.Join(", ", Members)}";
            throw file.Error(unknown.Mark, $"{unknown.Name}: a sweep has no member \"{unknown.Name}\"{hint}{(hint.Length > 0 ? " T" : "; t")}{choice}");
        }

        return sweep;
    }

    private static SourceMember Required(SourceFile file, SourceMapping sweep, string name) =>
        sweep.Find(name) ?? throw file.Error(sweep.Mark, $"{name}: is missing; a sweep has at least the members name and run");

    private static string Name(SourceFile file, SourceMember member)
    {
        return member.Value is SourceScalar { Value: JsonValue text } && text.TryGetValue(out string? name) && NamePattern().IsMatch(name)
            ? name
            : throw file.Error(member.Value.Mark, $"{member.Name}: must be 1 to 64 of the characters a-z 0-9 . _ - (quoted where it looks like a number); got {member.Value.Shown}");
    }

    private static void CheckDescription(SourceFile file, SourceMember? description)
    {
        if (description is not null && !(description.Value is SourceScalar { Value: JsonValue text } && text.TryGetValue(out string? _)))
        {
            throw file.Error(description.Value.Mark, $"description: must be text; got {description.Value.Shown}");
        }
    }

    [GeneratedRegex(@"^[a-z0-9._-]{1,64}\z")]
    private static partial Regex NamePattern();
}
