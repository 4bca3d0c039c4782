using DdpmJobs.Model.Exchange;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>Names, types and shapes of the tensors that a network's weights must have, in the order of its file.</summary>
/// <param name="network">The network, for messages.</param>
/// <param name="tensors">The tensors.</param>
internal sealed class WeightLayout(string network, IReadOnlyList<ForeignTensor> tensors)
{
    private const int MostNamed = 4;

    // Batches that a normalisation saw in its training; not used, and left out by some programs.
    private const string Counter = ".num_batches_tracked";

    /// <summary>The tensors in the order of the file.</summary>
    public IReadOnlyList<ForeignTensor> Tensors => tensors;

    /// <summary>Whether weights may do without a tensor.</summary>
    public static bool IsCounter(ForeignTensor tensor) => tensor.Name.EndsWith(Counter, StringComparison.Ordinal);

    /// <summary>Compares weights with the layout.</summary>
    /// <exception cref="InvalidDataException">Something is missing, too much, or of another shape or type; the message names file and tensors.</exception>
    public void Require(StateDict weights)
    {
        List<string> wrong = [];
        List<string> missing = [];
        HashSet<string> left = weights.Tensors.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (ForeignTensor ours in tensors)
        {
            left.Remove(ours.Name);
            if (!weights.Tensors.TryGetValue(ours.Name, out ForeignTensor? theirs))
            {
                if (!IsCounter(ours))
                    missing.Add($"{ours.Name} is missing");
            }
            else if (theirs.Type != ours.Type || !theirs.Shape.SequenceEqual(ours.Shape))
            {
                wrong.Add($"{ours.Name} is {Words(theirs)} instead of {Words(ours)}");
            }
        }

        wrong.AddRange(left.Order(StringComparer.Ordinal).Select(name => $"{StateDict.Shown(name)} has no place in it"));
        wrong.AddRange(missing);
        if (wrong.Count > 0)
            throw weights.Damaged($"it does not fit {network}: {string.Join("; ", wrong.Take(MostNamed))}{(wrong.Count > MostNamed ? $"; and {wrong.Count - MostNamed} more" : "")}");
    }

    private static string Words(ForeignTensor tensor) => $"{tensor.Type} [{string.Join(", ", tensor.Shape)}]";
}
