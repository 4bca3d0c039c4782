using DdpmJobs.Model.Randomness;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Samplers;

/// <summary>The noise of a request: a pure function of seed, sample and sampling step.</summary>
internal static class SampleNoise
{
    private const int LatentStep = -1;

    /// <summary>x_T of every sample.</summary>
    /// <returns>(Count, C, H, W) float32 on the request's device; the caller disposes it.</returns>
    public static Tensor Latent(SampleRequest request)
        => Draw(request, LatentStep, sample => new RandomStream(request.Seed, RandomPurpose.SampleLatent, sample));

    /// <summary>The noise that sampling step <paramref name="step"/> adds to every sample.</summary>
    /// <returns>(Count, C, H, W) float32 on the request's device; the caller disposes it.</returns>
    public static Tensor Step(SampleRequest request, int step)
        => Draw(request, step, sample => new RandomStream(request.Seed, RandomPurpose.SampleStep, sample, step));

    /// <summary>x_T of one sample.</summary>
    /// <param name="seed">The root of the randomness.</param>
    /// <param name="sample">Its number.</param>
    /// <param name="size">C * H * W.</param>
    /// <returns>(C, H, W) row-major.</returns>
    public static float[] Latent(long seed, long sample, int size)
    {
        float[] noise = new float[size];
        new RandomStream(seed, RandomPurpose.SampleLatent, sample).FillNormal(noise);
        return noise;
    }

    private static Tensor Draw(SampleRequest request, int step, Func<long, RandomStream> stream)
    {
        if (request.ReplayedNoise is not null)
            return request.ReplayedNoise(step);

        (int c, int h, int w) = request.Shape;
        int size = c * h * w;
        float[] noise = new float[request.Count * size];
        for (int row = 0; row < request.Count; row++)
            stream(request.Indices?[row] ?? request.FirstIndex + row).FillNormal(noise.AsSpan(row * size, size));
        return tensor(noise, [request.Count, c, h, w], device: device(request.Device));
    }
}
