using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Weightings;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Objectives;

/// <summary>What holds for every objective and every weighting there is.</summary>
public sealed class ObjectiveContractTests
{
    private const double Mean = 0.7;
    private const double Spread = 0.4;

    public static MatrixTheoryData<Type, string> Kinds => new(KindsOf<Objective>(), ["eps", "xstart", "xprev", "v"]);

    public static TheoryData<Objective> Weighted =>
        [new MinSnrObjective(), new P2Objective(), .. KindsOf<Weighting>().Select(kind => new WeightedObjective { Weighting = (Weighting)Activator.CreateInstance(kind)! })];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Losses_EveryObjective_HaveGradientOfFiniteDifference(Type kind, string prediction)
    {
        using DisposeScope scope = NewDisposeScope();
        Objective objective = (Objective)Activator.CreateInstance(kind)!;

        // Hybrid holds the mean fixed in the bound, so the slope in the mean is that of its squared error alone.
        Objective meanPart = objective is HybridObjective ? new SimpleObjective() : objective;
        string variance = objective.TrainsVariance ? "learned_range" : "fixedlarge";
        Tensor mean = tensor(Mean, dtype: ScalarType.Float64).requires_grad_();
        objective.Losses(Inputs(prediction, variance, mean, 1)).sum().backward();
        AssertSlope(Slope(offset => meanPart.Losses(Inputs(prediction, variance, Mean + offset, 1))), mean.grad!);
        if (!objective.TrainsVariance)
            return;

        Tensor spread = tensor(Spread, dtype: ScalarType.Float64).requires_grad_();
        objective.Losses(Inputs(prediction, "learned", Mean, spread)).sum().backward();
        AssertSlope(Slope(offset => objective.Losses(Inputs(prediction, "learned", Mean, Spread + offset))), spread.grad!);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TrainsVariance_EveryObjective_SaysWhetherVarianceChannelsHaveAGradient(Type kind, string prediction)
    {
        using DisposeScope scope = NewDisposeScope();
        Objective objective = (Objective)Activator.CreateInstance(kind)!;
        ObjectiveInputs inputs = ObjectiveTests.Inputs(GoldenFile.Model("cosine", "T=100", prediction, "learned_range"), tensor(new long[] { 0, 60 }), ScalarType.Float32);
        Tensor output = zeros(2, 6, 4, 4, requires_grad: true);
        Tensor losses = objective.Losses(inputs with { Network = (xt, t) => output + GoldenFile.StubOf(inputs.Model)(xt, t) });
        Assert.Equal(ScalarType.Float32, losses.dtype);
        Assert.Equal([2L], losses.shape);
        losses.sum().backward();
        Assert.Equal(objective.TrainsVariance, GoldenFile.Values(output.grad![.., 3..]).Any(gradient => gradient != 0));
        Assert.Contains(GoldenFile.Values(output.grad[.., ..3]), gradient => gradient != 0);
    }

    [Theory]
    [MemberData(nameof(Weighted))]
    public void Losses_OfOneWeightingAndOneImage_AreTheSameForEveryPrediction(Objective objective)
    {
        using DisposeScope scope = NewDisposeScope();
        GaussianDiffusion process = new(GoldenFile.ImprovedBetas("cosine", 100));
        Tensor t = tensor(new long[] { 5, 80 }, dtype: ScalarType.Int64);
        Tensor guess = 0.3 * GoldenFile.Noise(3, ScalarType.Float64);
        List<double[]> losses = [];
        foreach (Type kind in KindsOf<Prediction>())
        {
            // The network's output is what stands for the guessed image, with the noise that goes with it.
            Prediction prediction = (Prediction)Activator.CreateInstance(kind)!;
            DiffusionModel model = new(process, prediction, new Variances.FixedLargeVariance());
            losses.Add(GoldenFile.Values(objective.Losses(ObjectiveTests.Inputs(model, t, ScalarType.Float64) with
            {
                Network = (xt, at) =>
                {
                    Tensor noise = (xt - process.Extract(process.SqrtAlphasCumprod, at, xt) * guess) / process.Extract(process.SqrtOneMinusAlphasCumprod, at, xt);
                    return prediction.Target(process, guess, xt, at, noise);
                },
            })));
        }

        Assert.All(losses, loss => GoldenFile.AssertClose(losses[0], loss, 1e-6, 0));
        Assert.All(losses[0], loss => Assert.True(loss > 0));
    }

    [Theory]
    [MemberData(nameof(Weighted))]
    public void Losses_OfEveryWeightingAtTerminalNoise_AreFiniteForV(Objective objective)
    {
        using DisposeScope scope = NewDisposeScope();
        DiffusionModel model = GoldenFile.Model([0.2, 0.5, 1], "v", "fixedlarge");
        double[] losses = GoldenFile.Values(objective.Losses(ObjectiveTests.Inputs(model, tensor(new long[] { 0, 2 }), ScalarType.Float32)));
        Assert.All(losses, loss => Assert.True(double.IsFinite(loss) && loss >= 0));
    }

    private static Type[] KindsOf<TFamily>() => [.. typeof(TFamily).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TFamily)) && !type.IsAbstract)];

    // Two central differences, combined so that the error of order h^2 cancels; and what the rounding of the losses to float32 can make of them.
    private static (double Value, double Rounding) Slope(Func<double, Tensor> losses)
    {
        const double h = 1e-2;
        double Central(double step) => (GoldenFile.Values(losses(step)).Sum() - GoldenFile.Values(losses(-step)).Sum()) / (2 * step);
        return ((4 * Central(h) - Central(2 * h)) / 3, GoldenFile.Values(losses(0)).Sum() * Math.Pow(2, -24) * 2 / h);
    }

    private static void AssertSlope((double Value, double Rounding) slope, Tensor gradient)
    {
        Assert.True(Math.Abs(slope.Value) > 20 * slope.Rounding, $"a slope of {slope.Value} shows nothing");
        Assert.Equal(slope.Value, gradient.item<double>(), 1e-4 * Math.Abs(slope.Value) + slope.Rounding);
    }

    // A network with one weight for the mean and one for the variance, in float64 from end to end but for the last rounding of the loss to float32.
    private static ObjectiveInputs Inputs(string prediction, string variance, Tensor mean, Tensor spread)
    {
        DiffusionModel model = GoldenFile.Model("cosine", "T=100", prediction, variance);
        return ObjectiveTests.Inputs(model, tensor(new long[] { 0, 60 }), ScalarType.Float64) with
        {
            Network = (xt, at) =>
            {
                Tensor output = GoldenFile.StubOf(model)(xt, at);
                return variance == "fixedlarge" ? mean * output : cat([mean * output[.., ..3], spread * output[.., 3..]], 1);
            },
        };
    }
}
