using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>Which foreign tensor belongs to which of our parameters.</summary>
/// <param name="Found">The tensors by our names.</param>
/// <param name="WhatIsWrong">What is missing, too many or misshaped, in one sentence; null when all fits.</param>
internal sealed record TensorMatch(IReadOnlyDictionary<string, ForeignTensor> Found, string? WhatIsWrong)
{
    private const int MostNamed = 4;

    /// <summary>Matches by name, and compares shapes and types.</summary>
    public static TensorMatch Of(
        IEnumerable<(string Name, IReadOnlyList<long> Shape)> ours, IReadOnlyDictionary<string, ForeignTensor> theirs, TensorNaming naming, Network network)
    {
        Dictionary<string, ForeignTensor> found = new(StringComparer.Ordinal);
        HashSet<string> unexpected = theirs.Keys.ToHashSet(StringComparer.Ordinal);
        List<string> missing = [];
        List<string> misshaped = [];
        foreach ((string name, IReadOnlyList<long> shape) in ours)
        {
            IReadOnlyList<string> names = naming.NamesOf(name, network);
            if (names.FirstOrDefault(theirs.ContainsKey) is not string there)
            {
                missing.Add(names.FirstOrDefault(name));
                continue;
            }

            ForeignTensor tensor = theirs[there];
            unexpected.Remove(there);
            if (!TensorNaming.SameButForOnes(tensor.Shape, shape))
                misshaped.Add($"{there} has shape [{string.Join(", ", tensor.Shape)}] instead of [{string.Join(", ", naming.ShapeOf(name, shape))}]");
            else if (!tensor.IsFloating)
                misshaped.Add($"{there} has type {tensor.Type} instead of a floating-point one");
            else
                found.Add(name, tensor);
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
