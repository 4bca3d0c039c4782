namespace DdpmJobs.Model.Exchange;

/// <summary>One tensor of another program that holds one of our parameters, or some of its rows.</summary>
/// <param name="Names">What it may be called there, the name that is written first.</param>
/// <param name="Shape">The shape that is written there.</param>
internal sealed record TensorPart(IReadOnlyList<string> Names, IReadOnlyList<long> Shape)
{
    /// <summary>Which rows of our parameter (its first extent) its rows are, in its order: the first row and how many follow it; null for all of them.</summary>
    public IReadOnlyList<(long First, long Count)>? Rows { get; init; }

    /// <summary>Rows at its end that are none of ours: the vector of an image without a label, which is zero here.</summary>
    public long MoreRows { get; init; }

    /// <summary>Takes the part's values out of our parameter.</summary>
    /// <param name="ours">All elements of our parameter, row-major.</param>
    /// <param name="rows">Our parameter's first extent.</param>
    /// <returns>All elements of the part, row-major; zero in <see cref="MoreRows"/>.</returns>
    public float[] Write(ReadOnlySpan<float> ours, long rows)
    {
        float[] theirs = new float[Shape.Aggregate(1L, (product, extent) => product * extent)];
        int width = (int)(ours.Length / rows);
        int at = 0;
        foreach ((long first, long count) in Rows ?? [(0, rows)])
        {
            ours.Slice((int)first * width, (int)count * width).CopyTo(theirs.AsSpan(at));
            at += (int)count * width;
        }

        return theirs;
    }

    /// <summary>Puts the part's values into our parameter.</summary>
    /// <param name="theirs">All elements of the part, row-major; those of <see cref="MoreRows"/> are left out.</param>
    /// <param name="ours">All elements of our parameter, row-major.</param>
    /// <param name="rows">Our parameter's first extent.</param>
    public void Read(ReadOnlySpan<float> theirs, Span<float> ours, long rows)
    {
        int width = (int)(ours.Length / rows);
        int at = 0;
        foreach ((long first, long count) in Rows ?? [(0, rows)])
        {
            theirs.Slice(at, (int)count * width).CopyTo(ours[((int)first * width)..]);
            at += (int)count * width;
        }
    }
}
