using System.Text.Json.Nodes;
using DdpmJobs.Model.Tests.Golden;
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
        LossHistory? history = FullHistory(sampler, 100);
        double sum = 0;
        for (int step = 0; step < 200; step++)
        {
            (long[] t, float[] weights) = sampler.Draw(100, 64, 5, step, history);
            (long[] again, _) = sampler.Draw(100, 64, 5, step, history);
            Assert.Equal(t, again);
            Assert.All(t, value => Assert.InRange(value, 0, 99));
            Assert.All(weights, weight => Assert.True(weight > 0));
            sum += t.Zip(weights, (value, weight) => value * (double)weight).Sum();
        }

        // E[w t] = 49.5 however t is drawn; five standard errors of the uniform draw.
        Assert.InRange(sum / (200 * 64), 49.5 - 1.3, 49.5 + 1.3);
        Assert.NotEqual(sampler.Draw(100, 64, 5, 0, history).T, sampler.Draw(100, 64, 5, 1, history).T);
        Assert.NotEqual(sampler.Draw(100, 64, 5, 0, history).T, sampler.Draw(100, 64, 6, 0, history).T);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Draw_OneTimestepOrOneImage_IsInRange(Type kind)
    {
        TimestepSampler sampler = (TimestepSampler)Activator.CreateInstance(kind)!;
        (long[] t, float[] weights) = sampler.Draw(1, 7, 0, 0, FullHistory(sampler, 1));
        Assert.Equal(new long[7], t);
        Assert.All(weights, weight => Assert.Equal(1f, weight));
        Assert.InRange(Assert.Single(sampler.Draw(3, 1, 0, 0, FullHistory(sampler, 3)).T), 0, 2);
    }

    [Fact]
    public void Probabilities_ReferenceUpdates_MatchReference()
    {
        JsonNode golden = GoldenFile.Read("training")["loss_second_moment"]!;
        (int timesteps, int kept) = (golden["T"]!.GetValue<int>(), golden["history_per_term"]!.GetValue<int>());
        ImportanceTimesteps sampler = new() { History = kept, UniformShare = GoldenFile.Number(golden["uniform_prob"]) };
        LossHistory history = new(timesteps, kept);
        AssertWeights(golden["weights_before"]);

        double[] losses = GoldenFile.Numbers(golden["updates_loss"]);
        double[] updates = GoldenFile.Numbers(golden["updates_t"]);
        for (int i = 0; i < updates.Length; i++)
        {
            history.Record([(long)updates[i]], [(float)losses[i]]);
            AssertWeights(golden["weights_after_each_update"]![i]);
        }

        double[] importance = [.. sampler.Probabilities(history).Select(p => 1 / (timesteps * p))];
        GoldenFile.AssertClose(GoldenFile.Numbers(golden["importance_weight_1/(T*p)"]), importance, 1e-6, 0);
        (long[] t, float[] weights) = sampler.Draw(timesteps, 50, 1, 0, history);
        Assert.All(t.Zip(weights), drawn => Assert.Equal((float)importance[drawn.First], drawn.Second));

        // Losses are kept as float32; weights that are all 1 are uniform probabilities.
        void AssertWeights(JsonNode? expected)
        {
            double[] weights = GoldenFile.Numbers(expected);
            double[] probabilities = sampler.Probabilities(history);
            GoldenFile.AssertClose(weights, [.. probabilities.Select(p => p * weights.Sum())], 1e-6, 0);
        }
    }

    [Fact]
    public void Draw_Importance_FollowsItsProbabilities()
    {
        ImportanceTimesteps sampler = new() { History = 1 };
        LossHistory history = new(3, 1);
        history.Record([0, 1, 2], [6, 1, 3]);
        double[] p = sampler.Probabilities(history);
        long[] t = sampler.Draw(3, 20_000, 0, 0, history).T;
        for (int i = 0; i < 3; i++)
        {
            double error = Math.Sqrt(p[i] * (1 - p[i]) / t.Length);
            Assert.InRange(t.Count(value => value == i) / (double)t.Length, p[i] - 5 * error, p[i] + 5 * error);
        }
    }

    [Fact]
    public void Record_LossThatIsNotFinite_IsLeftOut()
    {
        LossHistory history = new(2, 2);
        history.Record([0, 1, 0], [float.NaN, 1, float.PositiveInfinity]);
        Assert.Equal([0f, 1f], history.Counts);
        Assert.Equal([0f, 0f, 1f, 0f], history.Losses);
    }

    [Fact]
    public void Probabilities_EveryLossZero_AreUniform()
    {
        LossHistory history = new(2, 1);
        history.Record([0, 1], [0, 0]);
        Assert.Equal([0.5, 0.5], new ImportanceTimesteps { History = 1 }.Probabilities(history));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void Draw_Antithetic_MirrorsTheFirstHalf(int batchSize)
    {
        long[] t = new AntitheticTimesteps().Draw(1000, batchSize, 3, 4, null).T;
        for (int row = 0; row < batchSize / 2; row++)
            Assert.Equal(999, t[row] + t[row + (batchSize + 1) / 2]);
    }

    [Fact]
    public void Draw_LowDiscrepancy_HasOneInEachStratum()
    {
        for (int step = 0; step < 100; step++)
        {
            long[] t = [.. new LowDiscrepancyTimesteps().Draw(1000, 10, 3, step, null).T.Order()];
            for (int row = 1; row < t.Length; row++)
                Assert.InRange(t[row] - t[row - 1], 99, 101);
        }
    }

    private static LossHistory? FullHistory(TimestepSampler sampler, int timesteps)
    {
        if (sampler.LossesPerTimestep == 0)
            return null;
        LossHistory history = new(timesteps, sampler.LossesPerTimestep);
        for (int i = 0; i < timesteps * sampler.LossesPerTimestep; i++)
            history.Record([i % timesteps], [1 + i % timesteps / 50f]);
        Assert.True(history.Full);
        return history;
    }
}
