using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Training;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

public sealed class WeightUpdateTests
{
    [Theory]
    [InlineData("optimizer adam clip 1.0 ema .9999 warmup n/5000 with n from 0")]
    [InlineData("optimizer adamw_wd0.01 clip 1.0 ema .9999")]
    public void Apply_ReferenceGradients_MatchesReference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        bool decay = name.Contains("adamw", StringComparison.Ordinal);
        TrainingSpec training = new()
        {
            Optimizer = decay ? new AdamWOptimizer { LearningRate = 1e-4, WeightDecay = 0.01 } : new AdamOptimizer { LearningRate = 2e-4 },
            WarmupSteps = decay ? 0 : 5000,
            ClipNorm = 1,
            Ema = [new ConstantEma { Decay = 0.9999 }],
        };
        Tensor values = tensor(new double[] { 0.5, -0.25, 2 });
        Tensor average = values.clone();
        Tensor[] slots = [zeros(3, float64), zeros(3, float64)];
        JsonArray golden = GoldenFile.Read("training")[name]!.AsArray();
        for (int step = 0; step < golden.Count; step++)
        {
            // The reference's gradients, which its norms confirm.
            Tensor gradient = tensor([3 * Math.Sin(step + 1), 0.5 * Math.Cos(2 * step), 0.3 * step - 1]);
            (Tensor norm, double learningRate) = WeightUpdate.Apply(training, step, values, gradient, slots, [average]);
            GoldenFile.AssertClose(golden[step]!["grad_norm_before_clip"], norm.item<double>(), 0, 1e-12);
            GoldenFile.AssertClose(golden[step]!["lr"], learningRate, 0, 1e-18);

            // PyTorch clips to 1 / (norm + 1e-6), which Adam turns into differences of 1e-6 of a step through epsilon and unclipped steps.
            double tolerance = 2e-6 * learningRate;
            GoldenFile.AssertClose(golden[step]!["param"], values, 0, Math.Max(6 * tolerance, 1e-15));
            GoldenFile.AssertClose(golden[step]!["ema"], average, 0, Math.Max(6 * tolerance * 1e-3, 1e-15));
        }
    }

    // In single precision on the CPU a loop of our own adds up: alone, with a rest, and in more parts than one.
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(37, 0.5)]
    [InlineData(100_003, 0.5)]
    [InlineData(100_003, 2)]
    [InlineData(100_003, 0)]
    public void Clip_SinglePrecision_ScalesToTheNormOnAnyThreads(int count, double times)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gradient = Normal(1, count);
        double exact = gradient.to(float64).norm().item<double>();
        double most = exact * times;
        int before = get_num_threads();
        try
        {
            set_num_threads(1);
            Tensor one = gradient.clone(), three = gradient.clone();
            float norm = WeightUpdate.Clip(one, most).item<float>();
            set_num_threads(3);
            Assert.Equal(norm, WeightUpdate.Clip(three, most).item<float>());
            Assert.True(one.equal(three).all().item<bool>());
            Assert.Equal(exact, norm, 1e-6 * exact);
            double left = one.to(float64).norm().item<double>();
            Assert.Equal(most > 0 ? Math.Min(exact, most) : exact, left, 1e-6 * exact);
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Clip_NotFinite_GivesANormThatIsNot(float broken)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gradient = Normal(1, 40);
        gradient[17] = broken;
        Assert.False(float.IsFinite(WeightUpdate.Clip(gradient, 1).item<float>()));
        Assert.True(gradient.isfinite().logical_not().any().item<bool>());
    }
}
