using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>Which foreign tensors belong to which of our parameters.</summary>
/// <param name="Found">The tensors by our names.</param>
/// <param name="WhatIsWrong">What is missing, too many or misshaped, in one sentence; null when all fits.</param>
internal sealed record TensorMatch(IReadOnlyDictionary<string, IReadOnlyList<(TensorPart Part, ForeignTensor Tensor)>> Found, string? WhatIsWrong)
{
    private const int MostNamed = 4;

    /// <summary>Matches by name, and compares shapes and types.</summary>
    public static TensorMatch Of(
        IEnumerable<(string Name, IReadOnlyList<long> Shape)> ours, IReadOnlyDictionary<string, ForeignTensor> theirs, TensorNaming naming, Network network)
    {
        Dictionary<string, IReadOnlyList<(TensorPart, ForeignTensor)>> found = new(StringComparer.Ordinal);
        HashSet<string> unexpected = theirs.Keys.ToHashSet(StringComparer.Ordinal);
        List<string> missing = [];
        List<string> misshaped = [];
        foreach ((string name, IReadOnlyList<long> shape) in ours)
        {
            List<(TensorPart, ForeignTensor)> parts = [];
            foreach (TensorPart part in naming.PartsOf(name, shape, network))
            {
                if (part.Names.FirstOrDefault(theirs.ContainsKey) is not string there)
                {
                    missing.Add(part.Names[0]);
                    continue;
                }

                ForeignTensor tensor = theirs[there];
                unexpected.Remove(there);
                if (!TensorNaming.SameButForOnes(tensor.Shape, part.Shape))
                    misshaped.Add($"{there} has shape [{string.Join(", ", tensor.Shape)}] instead of [{string.Join(", ", part.Shape)}]");
                else if (!tensor.IsFloating)
                    misshaped.Add($"{there} has type {tensor.Type} instead of a floating-point one");
                else
                    parts.Add((part, tensor));
            }

            found.Add(name, parts);
        }

        string[] complaints =
        [
            .. Complaint(missing, "is missing", "are missing"),
            .. Complaint([.. unexpected.Order(StringComparer.Ordinal)], "has no place in the network", "have no place in the network"),
            .. misshaped.Take(MostNamed),
            .. misshaped.Count > MostNamed ? [$"{misshaped.Count - MostNamed} more have wrong shapes or types"] : Array.Empty<string>(),
        ];
        return new TensorMatch(found, complaints.Length > 0 ? string.Join("; ", complaints) : null);
    }

    private static IEnumerable<string> Complaint(IReadOnlyList<string> names, string one, string many)
    {
        if (names.Count == 0)
            yield break;
        string more = names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : "";
        yield return $"{string.Join(", ", names.Take(MostNamed).Select(StateDict.Shown))}{more} {(names.Count == 1 ? one : many)}";
    }
}
