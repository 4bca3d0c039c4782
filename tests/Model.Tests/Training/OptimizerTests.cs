using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

public class OptimizerTests
{
    [Fact]
    public void Step_TwentySteps_MatchesLibtorchsAdam()
    {
        using DisposeScope scope = NewDisposeScope();
        AdamOptimizer adam = new() { LearningRate = 1e-2, Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-4 };
        Parameter reference = new(tensor(new double[] { 0.5, -0.25, 2 }));
        Adam official = optim.Adam([reference], 1e-2, 0.8, 0.95, 1e-4);
        Tensor own = tensor(new double[] { 0.5, -0.25, 2 });
        Tensor[] slots = [zeros(3, float64), zeros(3, float64)];
        for (int step = 0; step < 20; step++)
        {
            Tensor gradient = tensor(new double[] { Math.Sin(step), 1e-5 * step, -3 + step });
            reference.grad = gradient.clone();
            official.step();
            adam.Step(own, gradient, slots, step, 1e-2);
        }

        Assert.True(own.allclose(reference.detach(), 1e-12, 1e-14));
    }

    [Fact]
    public void DecayAt_Warmup_RisesToItsEnd()
    {
        WarmupEma ema = new() { Decay = 0.99 };
        Assert.Equal(0.1, ema.DecayAt(0), 1e-12);
        Assert.Equal(101.0 / 110, ema.DecayAt(100), 1e-12);
        Assert.Equal(0.99, ema.DecayAt(1_000_000));
        Assert.Equal(0.9999, new ConstantEma().DecayAt(0));
    }
}
