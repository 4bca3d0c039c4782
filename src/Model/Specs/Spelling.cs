namespace DdpmJobs.Model.Specs;

/// <summary>Guesses which name a person meant.</summary>
public static class Spelling
{
    /// <summary>The phrase <c>; did you mean "cosine"?</c>, or an empty text where no name is near.</summary>
    /// <param name="written">What stands in the file.</param>
    /// <param name="names">The names that could stand there.</param>
    public static string Hint(string written, IEnumerable<string> names)
    {
        (string Name, int Distance) nearest = names
            .Select(n => (Name: n, Distance: Distance(written, n)))
            .OrderBy(n => n.Distance)
            .FirstOrDefault(("", int.MaxValue));
        return nearest.Distance <= Math.Max(1, nearest.Name.Length / 3) ? $"; did you mean \"{nearest.Name}\"?" : "";
    }

    // Optimal string alignment: insertion, deletion, substitution and the swap of neighbours each count 1.
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 8)
        {
            return int.MaxValue;
        }

        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    Math.Min(d[i - 1, j], d[i, j - 1]) + 1,
                    d[i - 1, j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
