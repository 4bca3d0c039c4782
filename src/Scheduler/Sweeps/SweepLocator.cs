using System.Text.RegularExpressions;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>Finds the place in the file that made a resolved run wrong: the value of an axis, an axis itself, or the base.</summary>
internal sealed partial class SweepLocator(SourceFile file, SourceMember run, Grid grid)
{
    /// <summary>Turns an error in a resolved run into one in the file.</summary>
    /// <param name="error">Its path is that of the run.</param>
    /// <param name="point">The point of the grid.</param>
    /// <param name="runName">Which run it is, put before the reason where it depends on the combination; else empty.</param>
    public SweepFileException Locate(SpecException error, int[] point, string runName)
    {
        (SourceMark mark, string place) = Place(error, point);
        return file.Error(mark, runName.Length == 0 ? $"{place}: {error.Reason}" : $"{place}: {runName}: {error.Reason}");
    }

    /// <summary>Whether a path lies in an axis, and not in the base that all runs share.</summary>
    public bool IsVaried(string path) => grid.Axes.Any(a => Inside(path, a.Path));

    private (SourceMark Mark, string Place) Place(SpecException error, int[] point)
    {
        for (int i = 0; i < point.Length; i++)
        {
            Axis axis = grid.Axes[i];
            string place = $"grid.{axis.Path}";
            if (Inside(error.Path, axis.Path))
            {
                string rest = error.Path[axis.Path.Length..];
                return rest.Length == 0 && error.NamesMember
                    ? (axis.Mark, place)
                    : (Walk(new SourceMember(place, axis.Values[point[i]].Mark, axis.Values[point[i]]), rest, error.NamesMember).Mark, $"{place}[{point[i]}]{rest}");
            }
        }

        // What an axis put into the run on the way to its own place is that axis's doing.
        (SourceMark mark, bool found) = Walk(run, error.Path, error.NamesMember);
        return !found && grid.Axes.FirstOrDefault(a => Inside(a.Path, error.Path)) is Axis maker
            ? (maker.Mark, $"grid.{maker.Path}")
            : (mark, SpecPath.Member("run", error.Path));
    }

    // Goes as far as the file goes; what is missing there is reported at the name of what should hold it.
    private static (SourceMark Mark, bool Found) Walk(SourceMember from, string path, bool atName)
    {
        SourceMember at = from;
        foreach (Match step in Step().Matches(path))
        {
            SourceMember? next = (at.Value, step.Groups["index"].Value) switch
            {
                (SourceSequence list, { Length: > 0 } index) when int.Parse(index) < list.Items.Count =>
                    new SourceMember(index, list.Items[int.Parse(index)].Mark, list.Items[int.Parse(index)]),
                (SourceMapping mapping, "") => mapping.Find(step.Groups["name"].Value),
                _ => null,
            };
            if (next is null)
            {
                return (at.Mark, false);
            }

            at = next;
        }

        return (atName ? at.Mark : at.Value.Mark, true);
    }

    private static bool Inside(string path, string outer) =>
        path == outer || path.StartsWith(outer + ".", StringComparison.Ordinal) || path.StartsWith(outer + "[", StringComparison.Ordinal);

    [GeneratedRegex(@"\[(?<index>\d{1,9})\]|(?<name>[^.\[\]]+)")]
    private static partial Regex Step();
}
