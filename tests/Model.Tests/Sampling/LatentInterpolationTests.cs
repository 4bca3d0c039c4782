using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Sampling;

public sealed class LatentInterpolationTests
{
    private const int T = 6;

    [Fact]
    public void Draw_AnyShare_WalksFromTheMixtureThroughTInclusive()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=10", "eps", "fixedlarge");
        (Tensor first, Tensor second) = (GoldenFile.X0(ScalarType.Float32), -GoldenFile.X0(ScalarType.Float32));
        List<long> times = [];
        Tensor seen = zeros(1);
        Tensor sample = LatentInterpolation.Draw(new AncestralSampler(), model, Network, first, second, T, [0.25, 0.25], Request);
        Assert.Equal([6, 5, 4, 3, 2, 1, 0], times);

        // Both ends have the same noise, so the mixture has it whole.
        (double a, double s) = (model.Process.SqrtAlphasCumprod[T], model.Process.SqrtOneMinusAlphasCumprod[T]);
        GoldenFile.AssertClose(GoldenFile.Values(a * (0.75 * first + 0.25 * second) + s * GoldenFile.Noise(1000)), GoldenFile.Values(seen), 1e-5, 1e-6);

        // The rest is the paper's algorithm 2, written out.
        Tensor xt = seen;
        for (int t = T; t >= 0; t--)
        {
            Tensor at = full(2, t, dtype: ScalarType.Int64);
            ReverseStep step = model.PMeanVariance(GoldenFile.Stub(xt, at), xt, at, clipDenoised: true);
            xt = t == 0 ? step.Mean : step.Mean + (0.5 * step.LogVariance).exp() * GoldenFile.Noise(T - t);
        }

        GoldenFile.AssertClose(GoldenFile.Values(xt), GoldenFile.Values(sample), 1e-6, 1e-6);

        Tensor Network(Tensor x, Tensor t)
        {
            if (times.Count == 0)
                seen = x.clone().MoveToOtherDisposeScope(scope);
            times.Add(t.ReadCpuInt64(0));
            return GoldenFile.Stub(x, t);
        }
    }

    [Fact]
    public void Draw_ShareZeroAndOne_ReconstructTheEnds()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=10", "eps", "fixedlarge");
        (Tensor first, Tensor second) = (GoldenFile.X0(ScalarType.Float32), -GoldenFile.X0(ScalarType.Float32));
        Tensor Draw(Tensor a, Tensor b, double share) => LatentInterpolation.Draw(new AncestralSampler(), model, GoldenFile.Stub, a, b, T, [share, share], Request);
        Assert.Equal(GoldenFile.Values(Draw(first, first, 0)), GoldenFile.Values(Draw(first, second, 0)));
        Assert.Equal(GoldenFile.Values(Draw(second, second, 1)), GoldenFile.Values(Draw(first, second, 1)));
        Assert.NotEqual(GoldenFile.Values(Draw(first, second, 0)), GoldenFile.Values(Draw(first, second, 1)));
    }

    [Fact]
    public void Draw_TimestepOutsideTheProcess_Throws()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("cosine", "T=10", "eps", "fixedlarge");
        Tensor x0 = GoldenFile.X0(ScalarType.Float32);
        Assert.Throws<ArgumentOutOfRangeException>(() => LatentInterpolation.Draw(new AncestralSampler(), model, GoldenFile.Stub, x0, x0, 10, [0.5, 0.5], Request));
    }

    private static SampleRequest Request => new() { Seed = 0, Count = 2, Shape = (3, 4, 4), ReplayedNoise = step => GoldenFile.Noise(step < 0 ? 1000 : step) };
}
