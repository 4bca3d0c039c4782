namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>The axes of a sweep; their product is run, the last axis fastest.</summary>
/// <param name="Axes">In order of the file; none lies inside another.</param>
internal sealed record Grid(IReadOnlyList<Axis> Axes)
{
    /// <summary>Most runs a sweep may have.</summary>
    public const int LargestCount = 10_000;

    /// <summary>Reads the member <c>grid</c>.</summary>
    /// <exception cref="SweepFileException">An axis is malformed, empty, or lies in another; or the product is too large.</exception>
    public static Grid Read(SourceFile file, SourceMember? member)
    {
        if (member is null)
        {
            return new Grid([]);
        }

        if (member.Value is not SourceMapping mapping)
        {
            throw file.Error(member.Value.Mark, "grid: must be a mapping from paths to lists, as in process.schedule: [linear, cosine]");
        }

        if (mapping.Members.Count == 0)
        {
            throw file.Error(member.Mark, "grid: has no axis; name one, as in process.schedule: [linear, cosine], or leave grid out for a single run");
        }

        List<Axis> axes = [];
        long count = 1;
        foreach (SourceMember axis in mapping.Members)
        {
            axes.Add(ReadAxis(file, axis));
            CheckApart(file, axes);
            count = Math.Min(count * axes[^1].Values.Count, int.MaxValue);
        }

        return count <= LargestCount
            ? new Grid(axes)
            : throw file.Error(member.Mark, $"grid: the axes multiply to {Product(axes)} runs; a sweep has at most {LargestCount:0}");
    }

    /// <summary>The points: for each, the index of the value that each axis takes.</summary>
    public IEnumerable<int[]> Points()
    {
        int[] point = new int[Axes.Count];
        while (true)
        {
            yield return [.. point];

            // Count up, the last axis fastest.
            int place = point.Length - 1;
            while (place >= 0 && ++point[place] == Axes[place].Values.Count)
            {
                point[place--] = 0;
            }

            if (place < 0)
            {
                yield break;
            }
        }
    }

    private static Axis ReadAxis(SourceFile file, SourceMember member)
    {
        string place = $"grid.{member.Name}";
        if (member.Name.Contains('['))
        {
            throw file.Error(member.Mark, $"{place}: an axis cannot name an element of a list; vary the list as a whole, as in {member.Name[..member.Name.IndexOf('[')]}: [[1, 2], [1, 2, 2]]");
        }

        if (member.Name.Split('.').Any(n => n.Length == 0 || n.Any(char.IsWhiteSpace)))
        {
            throw file.Error(member.Mark, $"{place}: is not a path; write names with dots between them, as in process.schedule");
        }

        if (member.Value is not SourceSequence list)
        {
            throw file.Error(member.Value.Mark, $"{place}: must be a list of values, as in [linear, cosine]; got {member.Value.Shown}");
        }

        return list.Items.Count > 0
            ? new Axis(member.Name, member.Mark, list.Items)
            : throw file.Error(list.Mark, $"{place}: the list is empty; give at least one value, or leave the axis out");
    }

    private static void CheckApart(SourceFile file, List<Axis> axes)
    {
        Axis last = axes[^1];
        foreach (Axis other in axes.SkipLast(1))
        {
            if (last.Path.StartsWith(other.Path + ".", StringComparison.Ordinal) || other.Path.StartsWith(last.Path + ".", StringComparison.Ordinal))
            {
                throw file.Error(
                    last.Mark,
                    $"grid.{last.Path}: overlaps the axis {other.Path} at line {other.Mark.Line}, column {other.Mark.Column}; an axis cannot lie inside another");
            }
        }
    }

    private static string Product(List<Axis> axes) =>
        axes.Aggregate(System.Numerics.BigInteger.One, (product, axis) => product * axis.Values.Count).ToString();
}
