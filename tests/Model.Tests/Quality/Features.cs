using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Randomness;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Quality;

/// <summary>Features to measure.</summary>
internal static class Features
{
    /// <summary>Standard normal features, a function of the seed.</summary>
    public static Tensor Normal(long seed, int count, int dimensions)
    {
        float[] values = new float[count * dimensions];
        new RandomStream(seed, RandomPurpose.Noise, 0).FillNormal(values);
        return tensor(values, [count, dimensions]);
    }

    public static FeatureStatistics Statistics(Tensor features, int batch = int.MaxValue)
    {
        using FeatureTally tally = new((int)features.shape[1]);
        for (long row = 0; row < features.shape[0]; row += batch)
            tally.Add(features.narrow(0, row, Math.Min(batch, features.shape[0] - row)));
        return tally.Statistics();
    }

    public static FeatureGaussian Gaussian(Tensor features) => Statistics(features).Gaussian();

    public static double LargestDifference(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Assert.Equal(a.Length, b.Length);
        double largest = 0;
        for (int i = 0; i < a.Length; i++)
            largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }
}
