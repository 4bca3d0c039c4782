using System.Globalization;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Schedules;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Tests.Golden;

namespace DdpmJobs.Model.Tests.Schedules;

public sealed class ScheduleTests
{
    public static TheoryData<Type> Kinds => [.. typeof(Schedule).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Schedule)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Betas_EverySchedule_FallsFromImageToNoiseOrSaysWhyItDoesNotExist(Type kind)
    {
        int existing = 0;
        foreach (int timesteps in (int[])[1, 2, 3, 10, 19, 20, 99, 100, 1000, 4000, 100_000])
        {
            double[] betas;
            try
            {
                betas = Default(kind, timesteps).RequireBetas(timesteps);
            }
            catch (SpecException error)
            {
                Assert.Contains(timesteps.ToString(CultureInfo.InvariantCulture), error.Message, StringComparison.Ordinal);
                continue;
            }

            existing++;
            GaussianDiffusion process = new(betas);
            Assert.Equal(timesteps, betas.Length);
            Assert.All(betas, beta => Assert.InRange(beta, double.Epsilon, 1));
            // Below the smallest normal number alphaBar may stay as it is.
            Assert.All(Enumerable.Range(1, timesteps - 1), t => Assert.True(process.AlphasCumprod[t] < process.AlphasCumprod[t - 1] || process.AlphasCumprod[t] < 1e-307));
        }

        Assert.True(existing >= 6, $"{kind.Name} exists for {existing} of the values of T.");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(19)]
    public void Betas_LinearScaledWithFewSteps_IsRefusedInASentence(int timesteps)
    {
        SpecException error = Assert.Throws<SpecException>(() => new LinearScaledSchedule().Betas(timesteps));
        Assert.StartsWith($"linear_scaled does not exist for {timesteps} timesteps", error.Message, StringComparison.Ordinal);
        Assert.Contains("a beta is at most 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Betas_LinearScaledAtTwenty_EndsInOneAndHasInfiniteReciprocals()
    {
        GaussianDiffusion process = new(new LinearScaledSchedule().Betas(20));
        Assert.Equal((1.0, 0.0, double.PositiveInfinity), (process.Betas[^1], process.AlphasCumprod[^1], process.SqrtRecipAlphasCumprod[^1]));
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(10, 1)]
    [InlineData(39, 3)]
    public void Betas_WarmupTen_RisesOverTheTenthRoundedDown(int timesteps, int rising)
        => Assert.Equal(rising, new Warmup10Schedule().Betas(timesteps).Select((beta, t) => (beta, t)).Count(b => b.beta < 0.02 || b.t < rising));

    [Fact]
    public void Betas_ListOfAnotherLength_NamesBothLengths()
    {
        SpecException error = Assert.Throws<SpecException>(() => new BetasSchedule { Values = [0.1, 0.2] }.Betas(3));
        Assert.Equal("values: must hold one beta for each of the 3 timesteps; got 2", error.Message);
    }

    [Fact]
    public void Read_ListedBetaAboveOne_NamesItsPlace()
    {
        SpecException error = Assert.Throws<SpecException>(() => SpecJson.ReadText<ProcessSpec>("""{"schedule":{"kind":"betas","values":[0.1,1.5]}}"""));
        Assert.Equal("schedule.values[1]", error.Path);
    }

    [Fact]
    public void RequireBetas_BetaThatVanishesBesideOne_IsRefused()
    {
        SpecException error = Assert.Throws<SpecException>(() => new BetasSchedule { Values = [1e-17] }.RequireBetas(1));
        Assert.Contains("beta_0 would be 1E-17", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WrappedSchedule_KeepsItsParametersInTheCanonicalText()
    {
        const string Text = """{"kind":"zero_terminal_snr","of":{"beta_end":0.03,"beta_start":0.0001,"kind":"linear"}}""";
        Assert.Equal(Text, SpecJson.Canonical(SpecJson.ReadText<Schedule>(Text)));
    }

    [Fact]
    public void Betas_ZeroTerminalSnr_KeepsTheFirstAndEndsInOne()
    {
        double[] betas = new ZeroTerminalSnrSchedule { Of = new CosineSchedule() }.Betas(50);
        Assert.Equal(new CosineSchedule().Betas(50)[0], betas[0], 1e-15);
        Assert.Equal(1, betas[^1]);
    }

    [Theory]
    [InlineData(10, "of: linear_scaled does not exist for 10 timesteps")]
    [InlineData(1, "needs at least 2 timesteps")]
    public void Betas_ZeroTerminalSnrOfNothing_SaysWhy(int timesteps, string words)
        => Assert.Contains(words, Assert.Throws<SpecException>(() => new ZeroTerminalSnrSchedule { Of = new LinearScaledSchedule() }.Betas(timesteps)).Message, StringComparison.Ordinal);

    [Fact]
    public void Betas_ZeroTerminalSnrOfScheduleThatEndsInNoise_ChangesNothing()
        => GoldenFile.AssertClose(new JsdSchedule().Betas(50), new ZeroTerminalSnrSchedule { Of = new JsdSchedule() }.Betas(50), 1e-12, 0);

    [Theory]
    [InlineData("linear")]
    [InlineData("linear_scaled")]
    [InlineData("quad")]
    [InlineData("warmup10")]
    [InlineData("warmup50")]
    [InlineData("sigmoid_beta")]
    public void Read_EndBelowStart_NamesBoth(string kind)
    {
        SpecException error = Assert.Throws<SpecException>(() =>
            SpecJson.ReadText<ProcessSpec>($$$"""{"schedule":{"kind":"{{{kind}}}","beta_start":0.02,"beta_end":0.0001}}"""));
        Assert.Equal("schedule.beta_end: must exceed beta_start; got beta_start 0.02, beta_end 0.0001", error.Message);
    }

    // Listed betas have no default; a constant stands for any list.
    private static Schedule Default(Type kind, int timesteps) => kind == typeof(BetasSchedule)
        ? new BetasSchedule { Values = [.. Enumerable.Repeat(0.01, timesteps)] }
        : (Schedule)Activator.CreateInstance(kind)!;
}
