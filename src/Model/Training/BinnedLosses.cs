namespace DdpmJobs.Model.Training;

/// <summary>Sums the losses of images in equal bins over t, to be read as means and begun anew now and then.</summary>
/// <remarks>The sums go into the checkpoint, so that a mean over a window in which a training was stopped is that of one never stopped, to the last bit.</remarks>
/// <param name="bins">Their number B; t lies in bin B t / T, rounded down (openai/improved-diffusion, train_util.py, has four).</param>
/// <param name="timesteps">T.</param>
internal sealed class BinnedLosses(int bins, int timesteps)
{
    /// <summary>Floats of <see cref="State"/> for each bin: three for the sum, and three for the count.</summary>
    public const int FloatsPerBin = 6;

    private const int PerNumber = 3;

    /// <summary>Number of bins.</summary>
    public int Count { get; } = bins;

    /// <summary>Sum and number of the losses of each bin; each a float64 as the sum of three float32, which loses no bit.</summary>
    public float[] State { get; } = new float[bins * FloatsPerBin];

    /// <summary>Adds the losses of a batch in its order.</summary>
    /// <param name="t">Zero-based timestep per image.</param>
    /// <param name="losses">Loss per image, without the weight of its timestep.</param>
    public void Add(ReadOnlySpan<long> t, ReadOnlySpan<float> losses)
    {
        for (int row = 0; row < t.Length; row++)
        {
            int bin = (int)(t[row] * Count / timesteps);
            Add(Number(bin, 0), losses[row]);
            Add(Number(bin, 1), 1);
        }
    }

    /// <summary>The mean loss of each bin that has any, and begins anew.</summary>
    public IReadOnlyList<(int Bin, double Mean)> Take()
    {
        List<(int, double)> means = [];
        for (int bin = 0; bin < Count; bin++)
        {
            double count = Read(Number(bin, 1));
            if (count > 0)
                means.Add((bin, Read(Number(bin, 0)) / count));
        }

        Array.Clear(State);
        return means;
    }

    private Span<float> Number(int bin, int which) => State.AsSpan((bin * FloatsPerBin) + (which * PerNumber), PerNumber);

    private static double Read(ReadOnlySpan<float> parts) => (double)parts[0] + parts[1] + parts[2];

    private static void Add(Span<float> parts, double value)
    {
        double sum = Read(parts) + value;
        parts[0] = (float)sum;
        parts[1] = (float)(sum - parts[0]);
        parts[2] = (float)(sum - parts[0] - parts[1]);
    }
}
