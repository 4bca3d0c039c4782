using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>Behind which prefixes a larger file holds a network's tensors: a training state is a list or a dictionary with weights, averages and an optimiser in it.</summary>
internal static class NamePrefixes
{
    private const int MostNamed = 6;

    /// <summary>Says which prefixes lead to tensors of a network, and how many; empty when none does.</summary>
    /// <param name="ours">The network's parameters.</param>
    /// <param name="theirs">Names in the file.</param>
    /// <param name="namings">The namings to look for.</param>
    /// <param name="network">The network.</param>
    /// <param name="tried">The prefix that did not do.</param>
    public static string Hint(
        IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> ours, IEnumerable<string> theirs, IReadOnlyList<TensorNaming> namings, Network network, string tried)
    {
        HashSet<string> known = [.. namings.Where(naming => naming.Has(network))
            .SelectMany(naming => ours.SelectMany(parameter => naming.PartsOf(parameter.Name, parameter.Shape, network))).SelectMany(part => part.Names)];
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (string name in theirs)
        {
            // Every place behind a dot may be where the network's own names begin.
            for (int at = 0; at >= 0 && at < name.Length; at = name.IndexOf('.', at) + 1 is int next and > 0 ? next : -1)
            {
                if (known.Contains(name[at..]))
                    counts[name[..at]] = counts.GetValueOrDefault(name[..at]) + 1;
            }
        }

        // A parameter of one letter more or less says little: name those that hold most.
        int most = counts.Values.DefaultIfEmpty().Max();
        string[] found = [.. counts.Where(prefix => prefix.Key != tried && prefix.Value > most / 2)
            .OrderByDescending(prefix => prefix.Value).ThenBy(prefix => prefix.Key, StringComparer.Ordinal).Take(MostNamed)
            .Select(prefix => prefix.Key.Length == 0 ? $"{prefix.Value} with no prefix" : $"{prefix.Value} behind \"{StateDict.Shown(prefix.Key)}\"")];
        return found.Length == 0 ? "" : $"; of its tensors there are {string.Join(", ", found)}: choose by the prefix";
    }
}
