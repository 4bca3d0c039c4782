using DdpmJobs.Model.Specs;

namespace DdpmJobs.Chaos.Tests;

/// <summary>Every objective and variance that the specs allow, each killed once inside or near the writing of a checkpoint; beside the twenty kills of <see cref="KillTests"/>.</summary>
public class CombinationTests
{
    public static TheoryData<string, string> Losses => [.. Combination.All().Select(combination => (combination.Objective, combination.Variance)).Distinct()];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Train_KilledOnce_EndsWithTheUndisturbedFileAndSeries(string objective, string variance)
    {
        using KilledTraining training = new(new Combination(objective, variance, "uniform"), steps: 80, seed: 7);
        KillReport report = training.Run(kills: 1);
        Assert.True(report.FileEqual && report.SeriesEqual, report.ToString());
        Assert.True(report is { Kills: 1, Resumes: 1 }, report.ToString());
    }

    [Fact]
    public void All_EveryKind_IsInOneOfTheCombinations()
    {
        IReadOnlyList<Combination> all = Combination.All();
        Assert.Equal(Names("objective"), all.Select(combination => combination.Objective).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Names("variance"), all.Select(combination => combination.Variance).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(Names("timestep_sampler"), all.Select(combination => combination.TimestepSampler).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(Combination.Richest, all);
        Assert.Contains(Combination.Refused(), refused => refused.Combination is { Objective: "simple", Variance: "learned" });
    }

    private static IEnumerable<string> Names(string family) => Kinds.Families().Single(f => f.Name == family).Kinds.Select(kind => kind.Name);
}
