using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Diffusion;

/// <summary>The data N(0.1, 0.5^2) seen through y = x_0 + N(0, 0.4^2): the gradient of ln p(y | x_t) and the posterior of x_0 are known in closed form.</summary>
public sealed class ClassifierGuidanceTests
{
    private const double Y = 0.8;
    private const double Tau = 0.4;

    public static TheoryData<Sampler> Samplers =>
    [
        new AncestralSampler { ClipDenoised = false }, new DdimSampler { Steps = 250, ClipDenoised = false }, new DpmSolver { Steps = 60, ClipDenoised = false, DenoiseFinal = false },
        new EulerAncestralSampler { Steps = 250, ClipDenoised = false },
    ];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Sample_GradientOfALikelihood_DrawsFromThePosterior(Sampler sampler)
    {
        using DisposeScope scope = NewDisposeScope();
        AnalyticGaussian data = new(new CosineSchedule().Betas(500));
        Tensor sample = sampler.Sample(data.Model, data.Network, new SampleRequest
        {
            Seed = 3,
            Count = 400,
            Shape = (3, 4, 4),
            Guidance = (xt, t) => Gradient(data.Time, xt, t),
        });

        // Normal with normal: precisions add, means weigh by them.
        double precision = 1 / Square(AnalyticGaussian.Deviation) + 1 / Square(Tau);
        double mean = (AnalyticGaussian.Mean / Square(AnalyticGaussian.Deviation) + Y / Square(Tau)) / precision;
        double[] x = GoldenFile.Values(sample);
        Assert.InRange(x.Average(), mean - 0.015, mean + 0.015);
        Assert.InRange(Math.Sqrt(x.Average(value => Square(value - x.Average()))), Math.Sqrt(1 / precision) - 0.015, Math.Sqrt(1 / precision) + 0.015);
    }

    [Fact]
    public void ConditionMean_OneStep_MovesByVarianceTimesGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("linear", "T=100", "eps", "fixedlarge");
        (Tensor xt, Tensor t, Tensor gradient) = (GoldenFile.Noise(0), GoldenFile.T("t=[1, 60]"), GoldenFile.Noise(1));
        ReverseStep step = model.PMeanVariance(GoldenFile.Stub(xt, t), xt, t, clipDenoised: true);
        ReverseStep guided = ClassifierGuidance.ConditionMean(step, gradient);
        double[] expected = [.. GoldenFile.Values(step.Mean).Select((mean, i) => mean + model.Process.Betas[i < 48 ? 1 : 60] * GoldenFile.Values(gradient)[i])];
        GoldenFile.AssertClose(expected, GoldenFile.Values(guided.Mean), 1e-5, 1e-6);
        Assert.Same(step.PredX0, guided.PredX0);
    }

    [Fact]
    public void ConditionScore_OneStep_TakesSigmaTimesGradientFromEps()
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model("linear", "T=100", "eps", "fixedlarge");
        (Tensor xt, Tensor t, Tensor gradient) = (GoldenFile.Noise(0), GoldenFile.T("t=[1, 60]"), GoldenFile.Noise(1));
        Tensor eps = GoldenFile.Stub(xt, t);
        ReverseStep guided = ClassifierGuidance.ConditionScore(model.Process, model.PMeanVariance(eps, xt, t, clipDenoised: false), xt, t, gradient);

        // A network that had said eps - sigma gradient from the start.
        Tensor moved = eps - model.Process.Extract(model.Process.SqrtOneMinusAlphasCumprod, t, xt) * gradient;
        ReverseStep expected = model.PMeanVariance(moved, xt, t, clipDenoised: false);
        GoldenFile.AssertClose(GoldenFile.Values(expected.PredX0), GoldenFile.Values(guided.PredX0), 1e-5, 1e-5);
        GoldenFile.AssertClose(GoldenFile.Values(expected.Mean), GoldenFile.Values(guided.Mean), 1e-5, 1e-5);
    }

    // x_0 given x_t is normal, so y given x_t is.
    private static Tensor Gradient(ContinuousTime time, Tensor xt, Tensor t)
    {
        double at = t.to(ScalarType.Float64).ReadCpuDouble(0);
        (double a, double s) = (time.Alpha(at), time.Sigma(at));
        double whole = Square(AnalyticGaussian.Deviation * a) + s * s;
        double slope = a * Square(AnalyticGaussian.Deviation) / whole;
        double rest = Square(AnalyticGaussian.Deviation * s) / whole;
        Tensor mean = AnalyticGaussian.Mean + slope * (xt - a * AnalyticGaussian.Mean);
        return slope / (rest + Square(Tau)) * (Y - mean);
    }

    private static double Square(double x) => x * x;
}
