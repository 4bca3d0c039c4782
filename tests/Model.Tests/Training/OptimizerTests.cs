using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Training;
using TorchSharp;
using TorchSharp.Modules;
using static DdpmJobs.Model.Tests.Networks.Near;
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

    // In single precision on the CPU a loop of our own does the step: alone, in whole vectors, with a rest, and in more parts than one.
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(2 * Vectors.PerPart + 37)]
    public void Step_SinglePrecision_IsTheStepInDoubleAndTheSameOnAnyThreads(int count)
    {
        using DisposeScope scope = NewDisposeScope();
        AdamOptimizer adam = new() { Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-6 };
        Tensor start = Normal(1, count);
        int before = get_num_threads();
        try
        {
            set_num_threads(1);
            (Tensor one, Tensor[] oneSlots) = Steps(float32);
            set_num_threads(3);
            (Tensor three, Tensor[] threeSlots) = Steps(float32);
            Assert.True(one.equal(three).all().item<bool>() && oneSlots.Zip(threeSlots).All(pair => pair.First.equal(pair.Second).all().item<bool>()));
            (Tensor exact, Tensor[] exactSlots) = Steps(float64);
            AssertNear(exact, one, 1e-6);
            AssertNear(exactSlots[0], oneSlots[0], 1e-6);
            AssertNear(exactSlots[1], oneSlots[1], 1e-6);
        }
        finally
        {
            set_num_threads(before);
        }

        (Tensor Values, Tensor[] Slots) Steps(ScalarType type)
        {
            Tensor values = start.to(type, copy: true);
            Tensor[] slots = [zeros(count, type), zeros(count, type)];
            for (int step = 0; step < 5; step++)
                adam.Step(values, Normal(2 + step, count).to(type), slots, step, 0.01);
            return (values, slots);
        }
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
