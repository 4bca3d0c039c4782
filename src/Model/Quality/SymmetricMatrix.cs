namespace DdpmJobs.Model.Quality;

/// <summary>Whether numbers can be a covariance or a scatter.</summary>
internal static class SymmetricMatrix
{
    /// <summary>Finds what is wrong with a matrix, as far as its elements show it one by one or in pairs.</summary>
    /// <param name="values">Its elements, row-major.</param>
    /// <param name="size">Number of rows.</param>
    /// <param name="tolerance">By how much two mirrored elements may differ, as a share of the largest on the diagonal.</param>
    /// <returns>The end of a sentence about it, as in <c>is not finite: …</c>; null where nothing is wrong.</returns>
    public static string? Fault(ReadOnlySpan<double> values, int size, double tolerance)
    {
        double largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
                return FormattableString.Invariant($"is not finite: row {i / size}, column {i % size} is {values[i]}");
            if (i % (size + 1) == 0)
                largest = Math.Max(largest, Math.Abs(values[i]));
        }

        for (int row = 0; row < size; row++)
        {
            double variance = values[row * size + row];
            if (variance < 0)
                return FormattableString.Invariant($"has the negative variance {variance} in row {row}");
            for (int column = row + 1; column < size; column++)
            {
                (double upper, double lower) = (values[row * size + column], values[column * size + row]);
                if (Math.Abs(upper - lower) > tolerance * largest)
                    return FormattableString.Invariant($"is not symmetric: row {row}, column {column} is {upper}, and the mirrored element {lower}");
            }
        }

        return null;
    }
}
