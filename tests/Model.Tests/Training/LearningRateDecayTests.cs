using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

public sealed class LearningRateDecayTests
{
    public static TheoryData<Type> Kinds => [.. typeof(LearningRateDecay).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(LearningRateDecay)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void FactorAt_EveryKind_BeginsAtOneAndNeverRises(Type kind)
    {
        LearningRateDecay decay = (LearningRateDecay)Activator.CreateInstance(kind)!;
        foreach ((long warmup, long steps) in ((long, long)[])[(0, 1), (0, 200_000), (5000, 200_000), (500, 100)])
        {
            double last = 1;
            for (long step = 0; step <= warmup; step++)
                Assert.Equal(1, decay.FactorAt(step, warmup, steps));
            for (long step = warmup; step < steps; step += Math.Max(1, steps / 97))
            {
                Assert.InRange(decay.FactorAt(step, warmup, steps), 0, last);
                last = decay.FactorAt(step, warmup, steps);
            }
        }
    }

    [Fact]
    public void FactorAt_KnownPlaces_IsTheFormulas()
    {
        Assert.Equal(0.55, new CosineDecay { End = 0.1 }.FactorAt(600, 200, 1000), 1e-12);
        Assert.Equal(0.1, new CosineDecay { End = 0.1 }.FactorAt(1000, 200, 1000), 1e-12);
        Assert.Equal(0.75, new LinearDecay().FactorAt(400, 200, 1000), 1e-12);
        Assert.Equal(0.5, new InverseSqrtDecay { From = 1000 }.FactorAt(4000, 200, 10_000), 1e-12);
    }

    [Fact]
    public void Apply_WithWarmupAndDecay_MultipliesBoth()
    {
        using DisposeScope scope = NewDisposeScope();
        TrainingSpec training = new() { Steps = 1000, WarmupSteps = 500, Decay = new LinearDecay(), Optimizer = new AdamOptimizer { LearningRate = 1e-3 } };
        double RateAt(long step) => WeightUpdate.Apply(training, step, zeros(2), ones(2), [zeros(2), zeros(2)], [zeros(2)]).LearningRate;
        Assert.Equal(5e-4, RateAt(250), 1e-15);
        Assert.Equal(5e-4, RateAt(750), 1e-15);
        Assert.Equal(2e-6, RateAt(999), 1e-15);
    }
}
