namespace DdpmJobs.Benchmarks;

/// <summary>Times of ours and of the peer's layouts, round by round.</summary>
internal sealed class Rounds(string setting, string what)
{
    private readonly List<double> _ours = [];
    private readonly List<double[]> _theirs = [];

    /// <summary>Adds a round: images a second of ours, and of the peer in each layout.</summary>
    public void Add(double ours, double[] theirs)
    {
        _ours.Add(ours);
        _theirs.Add(theirs);
        Console.WriteLine($"  round {_ours.Count}: ours {ours:F1} images/s, PyTorch {string.Join(", ", Peer.Layouts.Zip(theirs, (layout, rate) => $"{layout} {rate:F1}"))}");
    }

    /// <summary>Median images a second of ours.</summary>
    public double Ours => Median(_ours);

    /// <summary>Says the medians and the median of the ratios to the peer's better layout of all rounds.</summary>
    public void Report()
    {
        int better = Enumerable.Range(0, Peer.Layouts.Length).MaxBy(layout => Median(_theirs.Select(round => round[layout])));
        double theirs = Median(_theirs.Select(round => round[better]));
        double ratio = Median(_ours.Zip(_theirs, (ours, round) => ours / round[better]));
        Console.WriteLine($"{what} {setting}: {Ours:F1} images/s against PyTorch's {theirs:F1} ({Peer.Layouts[better]}): {ratio:F2} x (median of {_ours.Count} pairs)");
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
