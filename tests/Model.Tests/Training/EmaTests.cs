using System.Globalization;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Tests.Training;

public sealed class EmaTests
{
    private const string Warmup = "diffusers ema decay (1+n)/(10+n)";
    private const string PowerWarmup = "diffusers ema decay warmup(power .75)";
    private const string EmaWarmup = "k-diffusion EMAWarmup power 2/3 max .9999";

    public static TheoryData<string> Averages
        => [.. GoldenFile.Read("training").Select(entry => entry.Key).Where(key => key.StartsWith("ema rate=", StringComparison.Ordinal))];

    public static TheoryData<Type> Kinds => [.. typeof(Ema).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Ema)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Averages))]
    public void DecayAt_Constant_AveragesAsReference(string name)
    {
        // As in "ema rate=0.9999 start=0.25 params=[1.0, 2.0]".
        double[] numbers = [.. name.Split(['=', ' ', '[', ']', ','], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => double.TryParse(word, CultureInfo.InvariantCulture, out _)).Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        ConstantEma ema = new() { Decay = numbers[0] };
        double average = numbers[1];
        double[] averages = [.. numbers[2..].Select((value, step) => average = average * ema.DecayAt(step) + value * (1 - ema.DecayAt(step)))];
        GoldenFile.AssertClose(GoldenFile.Numbers(GoldenFile.Read("training")[name]), averages, 1e-12, 0);
    }

    // diffusers counts the first update as 1, and asks for 0 before it; k-diffusion counts it as 0.
    [Theory]
    [InlineData(Warmup, 1)]
    [InlineData(PowerWarmup, 1)]
    [InlineData(EmaWarmup, 0)]
    public void DecayAt_Warmups_MatchReference(string name, int first)
    {
        Ema ema = name switch
        {
            Warmup => new FreshWarmupEma(),
            PowerWarmup => new PowerWarmupEma { Power = 0.75 },
            _ => new PowerWarmupEma(),
        };
        foreach ((string n, JsonNode? decay) in GoldenFile.Read("training")[name]!.AsObject())
        {
            long step = long.Parse(n, CultureInfo.InvariantCulture) - first;
            GoldenFile.AssertClose(decay, ema.DecayAt(Math.Max(step, 0)), 0, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DecayAt_EveryEma_RisesWithinZeroAndOne(Type kind)
    {
        Ema ema = (Ema)Activator.CreateInstance(kind)!;
        double last = 0;
        foreach (long step in new long[] { 0, 1, 2, 10, 100, 10_000, 1_000_000 })
        {
            Assert.InRange(ema.DecayAt(step), last, 1 - 1e-12);
            last = ema.DecayAt(step);
        }

        Assert.True(last > 0.99);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.1)]
    [InlineData(0.25)]
    public void DecayAt_PowerFunction_HasTheWidthAskedFor(double width)
    {
        // Follow the weight that each of 4000 steps has in the average, and take the deviation of that profile.
        PowerFunctionEma ema = new() { RelativeWidth = width };
        const int steps = 4000;
        double[] profile = new double[steps];
        for (int step = 0; step < steps; step++)
        {
            double decay = ema.DecayAt(step);
            for (int i = 0; i < step; i++)
                profile[i] *= decay;
            profile[step] = 1 - decay;
        }

        double mean = profile.Select((weight, i) => weight * i).Sum() / steps;
        double variance = profile.Select((weight, i) => weight * (i / (double)steps - mean) * (i / (double)steps - mean)).Sum();
        Assert.Equal(1, profile.Sum(), 1e-9);
        Assert.Equal(width, Math.Sqrt(variance), 2e-4);
    }

    [Fact]
    public void Check_PowerWarmupWithItsEndsSwapped_IsRefused()
    {
        SpecException error = Assert.Throws<SpecException>(() => new PowerWarmupEma { MinDecay = 0.9, Decay = 0.5 }.Check("training.ema[0]"));
        Assert.Equal(("training.ema[0].min_decay", "must not exceed decay; got min_decay 0.9, decay 0.5"), (error.Path, error.Reason));
    }
}
