using DdpmJobs.Model.Randomness;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

/// <summary>Kernels against the same in double precision.</summary>
internal static class Near
{
    /// <summary>Normal numbers.</summary>
    /// <param name="index">Which.</param>
    /// <param name="shape">Their shape.</param>
    public static Tensor Normal(long index, params long[] shape)
    {
        float[] numbers = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
        new RandomStream(5, RandomPurpose.Noise, index).FillNormal(numbers);
        return tensor(numbers, shape);
    }

    /// <summary>Fails where a number is farther from the exact one than a share of the largest, or of 1 where that is smaller.</summary>
    public static void AssertNear(Tensor exact, Tensor found, double tolerance)
    {
        double scale = Math.Max(1, exact.abs().max().item<double>());
        double error = (exact - found.to(float64)).abs().max().item<double>();
        Assert.True(error <= tolerance * scale, $"off by {error} where the largest is {scale}");
    }
}
