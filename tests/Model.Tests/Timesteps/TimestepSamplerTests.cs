using DdpmJobs.Model.Timesteps;

namespace DdpmJobs.Model.Tests.Timesteps;

public sealed class TimestepSamplerTests
{
    public static TheoryData<Type> Kinds
        => [.. typeof(TimestepSampler).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TimestepSampler)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Draw_EverySampler_IsInRangeRepeatableAndUnbiased(Type kind)
    {
        TimestepSampler sampler = (TimestepSampler)Activator.CreateInstance(kind)!;
        double sum = 0;
        for (int step = 0; step < 200; step++)
        {
            (long[] t, float[] weights) = sampler.Draw(100, 64, 5, step);
            (long[] again, _) = sampler.Draw(100, 64, 5, step);
            Assert.Equal(t, again);
            Assert.All(t, value => Assert.InRange(value, 0, 99));
            sum += t.Zip(weights, (value, weight) => value * (double)weight).Sum();
        }

        // E[w t] = 49.5 however t is drawn; five standard errors of the uniform draw.
        Assert.InRange(sum / (200 * 64), 49.5 - 1.3, 49.5 + 1.3);
        Assert.NotEqual(sampler.Draw(100, 64, 5, 0).T, sampler.Draw(100, 64, 5, 1).T);
        Assert.NotEqual(sampler.Draw(100, 64, 5, 0).T, sampler.Draw(100, 64, 6, 0).T);
    }
}
