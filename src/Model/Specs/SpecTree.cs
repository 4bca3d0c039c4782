using System.Collections;

namespace DdpmJobs.Model.Specs;

/// <summary>Walks the records of a spec.</summary>
internal static class SpecTree
{
    /// <summary>Every record in the spec with its path, the outer before the inner, in order of declaration.</summary>
    public static IEnumerable<(object Record, string Path)> Records(object spec, string path = "")
    {
        yield return (spec, path);
        foreach (SpecMember member in SpecShape.Of(spec.GetType()).Members)
        {
            foreach ((object value, string at) in Values(member.Property.GetValue(spec), SpecPath.Member(path, member.Name)))
            {
                foreach ((object Record, string Path) inner in Records(value, at))
                {
                    yield return inner;
                }
            }
        }
    }

    private static IEnumerable<(object Value, string Path)> Values(object? value, string path)
    {
        if (value is IList list)
        {
            for (int i = 0; i < list.Count; i++)
            {
                if (list[i] is object element && SpecShape.IsRecord(element.GetType()))
                {
                    yield return (element, SpecPath.Element(path, i));
                }
            }
        }
        else if (value is not null && SpecShape.IsRecord(value.GetType()))
        {
            yield return (value, path);
        }
    }
}
