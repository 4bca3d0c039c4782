using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

public sealed class AnalyticBoundTests
{
    /// <summary>
    /// With the ideal network the bound down to x at t = 0 is above the exact code length of q(x_{t=0} | x_0) under the marginal of the data, and comes down to it with more steps
    /// between the same two ends. The decoder's term is left out: the data are continuous.
    /// </summary>
    [Fact]
    public void Bound_IdealNetworkOfOneGaussian_ApproachesTheExactCodeLength()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = GoldenFile.X0(ScalarType.Float64).repeat(8, 1, 1, 1);
        GaussianDiffusion finest = new(new CosineSchedule().Betas(1000));
        double exact = ExactBitsPerDim(x0, finest);
        double[] gaps = [.. new[] { 10, 50, 200, 800 }.Select(steps => BoundBitsPerDim(x0, finest.Respaced(TimeGrid.Visit(TimeGrid.Linspace, 1000, steps))) - exact)];
        Assert.Equal(gaps.OrderDescending(), gaps);
        Assert.True(gaps[^1] > 0 && gaps[^1] < 0.15 * exact, FormattableString.Invariant($"exact {exact}, gaps {string.Join(", ", gaps)}"));
    }

    // KL(N(a x_0, s^2) || N(0.1 a, 0.25 a^2 + s^2)).
    private static double ExactBitsPerDim(Tensor x0, GaussianDiffusion process)
    {
        (double a, double s) = (process.SqrtAlphasCumprod[0], process.SqrtOneMinusAlphasCumprod[0]);
        double spread = Math.Pow(AnalyticGaussian.Deviation * a, 2) + s * s;
        Tensor nats = 0.5 * (Math.Log(spread / (s * s)) + (s * s + (a * (x0 - AnalyticGaussian.Mean)).square()) / spread - 1);
        return nats.mean().ReadCpuDouble(0) / Math.Log(2);
    }

    private static double BoundBitsPerDim(Tensor x0, GaussianDiffusion process)
    {
        AnalyticGaussian data = new([.. process.Betas]);
        double bits = VariationalBound.Prior(process, x0).mean().ReadCpuDouble(0);
        float[] noise = new float[x0.numel()];
        for (int t = 1; t < process.Timesteps; t++)
        {
            using DisposeScope scope = NewDisposeScope();
            new RandomStream(5, RandomPurpose.Evaluation, t).FillNormal(noise);
            Tensor at = full(x0.shape[0], t, dtype: ScalarType.Int64);
            Tensor xt = process.QSample(x0, at, tensor(noise, x0.shape).to(ScalarType.Float64));
            (Tensor term, _) = VariationalBound.Term(data.Model, data.Network(xt, at), x0, xt, at, clipDenoised: false, 256, Decoder.Exact);
            bits += term.mean().ReadCpuDouble(0);
        }

        return bits;
    }
}
