using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Training;
using TorchSharp;
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
}
