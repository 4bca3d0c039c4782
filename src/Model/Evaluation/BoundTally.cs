namespace DdpmJobs.Model.Evaluation;

/// <summary>Collects the bound's terms of many images.</summary>
/// <param name="images">How many images.</param>
/// <param name="timesteps">T.</param>
internal sealed class BoundTally(int images, int timesteps)
{
    private readonly double[] _bitsAtT = new double[timesteps];
    private readonly double[] _x0MseAtT = new double[timesteps];
    private readonly long[] _visitsOfT = new long[timesteps];

    /// <summary>L_T of each image, bits/dim.</summary>
    public double[] Prior { get; } = new double[images];

    /// <summary>Sum of L_t over t = 1..T-1 of each image, or its estimate, bits/dim.</summary>
    public double[] Kl { get; } = new double[images];

    /// <summary>L_0 of each image, bits/dim.</summary>
    public double[] Decoder { get; } = new double[images];

    /// <summary>The whole bound of each image, bits/dim.</summary>
    public IEnumerable<double> Totals => Prior.Select((prior, i) => prior + Kl[i] + Decoder[i]);

    /// <summary>Adds the term of one image at one t.</summary>
    /// <param name="image">Zero-based.</param>
    /// <param name="t">Zero-based timestep.</param>
    /// <param name="width">How many timesteps the term stands for.</param>
    /// <param name="bitsPerDim">The term.</param>
    /// <param name="x0Mse">Squared error of the predicted image, mean over dimensions.</param>
    public void Add(int image, int t, int width, double bitsPerDim, double x0Mse)
    {
        if (t == 0)
            Decoder[image] = bitsPerDim;
        else
            Kl[image] += width * bitsPerDim;

        _bitsAtT[t] += bitsPerDim;
        _x0MseAtT[t] += x0Mse;
        _visitsOfT[t]++;
    }

    /// <summary>Standard error of the mean bound over images, bits/dim: what other images, noise and timesteps would change. Null for one image.</summary>
    public double? StandardError()
    {
        if (images < 2)
            return null;
        double mean = Totals.Average();
        return Math.Sqrt(Totals.Sum(total => (total - mean) * (total - mean)) / (images - 1) / images);
    }

    /// <summary>Mean term of each t that was visited, bits/dim.</summary>
    public (long[] Step, double[] Value) BitsPerDimAtT() => AtT(_bitsAtT);

    /// <summary>Mean squared error of the predicted image at each t that was visited.</summary>
    public (long[] Step, double[] Value) X0MseAtT() => AtT(_x0MseAtT);

    private (long[] Step, double[] Value) AtT(double[] sums)
    {
        int[] visited = [.. Enumerable.Range(0, timesteps).Where(t => _visitsOfT[t] > 0)];
        return ([.. visited.Select(t => (long)t)], [.. visited.Select(t => sums[t] / _visitsOfT[t])]);
    }
}
