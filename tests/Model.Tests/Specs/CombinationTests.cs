using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Model.Variances;

namespace DdpmJobs.Model.Tests.Specs;

/// <summary>Objectives, predictions, variances and weights that do not go together.</summary>
public sealed class CombinationTests
{
    private static readonly RunSpec Digits = new() { Data = new Optdigits(), Network = new DdpmUnet { Multipliers = [1, 2], Attention = [4] } };

    public static TheoryData<Objective> Objectives => [.. Every<Objective>()];

    public static TheoryData<Variance> Variances => [.. Every<Variance>()];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Check_LearnedVariance_IsRefusedByObjectivesThatDoNotTrainIt(Objective objective)
    {
        RunSpec run = Digits with { Objective = objective, Process = new ProcessSpec { Variance = new LearnedRangeVariance() } };
        if (objective.TrainsVariance)
        {
            RunChecks.Check(run);
            return;
        }

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
        Assert.Equal("objective", error.Path);
        Assert.StartsWith($"{Kinds.NameOf(objective)} cannot be used with the variance learned_range: the variance does not stand in this loss", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Variances))]
    public void Check_Hybrid_IsRefusedWithFixedVariances(Variance variance)
    {
        RunSpec run = Digits with { Objective = new HybridObjective(), Process = new ProcessSpec { Variance = variance } };
        if (variance.OutputsPerChannel > 1)
        {
            RunChecks.Check(run);
            return;
        }

        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
        Assert.Equal("objective", error.Path);
        Assert.StartsWith($"hybrid cannot be used with the variance {Kinds.NameOf(variance)}: with the mean held fixed, its bound has nothing to train", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_LearnedVarianceInLongerAncestralSteps_IsRefused()
    {
        RunSpec run = Digits with
        {
            Objective = new HybridObjective(),
            Process = new ProcessSpec { Variance = new LearnedVariance() },
            Sampling = new SamplingSpec { Sampler = new AncestralSampler { Steps = 100 } },
        };
        SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
        Assert.Equal("process.variance", error.Path);
        Assert.StartsWith("learned is the variance of one of the 1000 timesteps, and the ancestral sampler with steps 100 takes longer ones", error.Reason, StringComparison.Ordinal);

        RunChecks.Check(run with { Sampling = new SamplingSpec { Sampler = new AncestralSampler() } });
        RunChecks.Check(run with { Sampling = new SamplingSpec { Sampler = new AncestralSampler { Steps = 1000 } } });
        RunChecks.Check(run with { Process = new ProcessSpec { Variance = new LearnedRangeVariance() } });
    }

    [Fact]
    public void Check_MuWithScheduleThatEndsInPureNoise_Passes() => RunChecks.Check(Digits with
    {
        Process = new ProcessSpec { Timesteps = 2, Schedule = new StubSchedule { Given = [0.5, 1] }, Prediction = new MuPrediction() },
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
    });

    [Theory]
    [InlineData("raw", true)]
    [InlineData("ema.1", true)]
    [InlineData("ema.2", false)]
    [InlineData("ema.01", false)]
    [InlineData("1", false)]
    public void Check_Weights_AreThoseThatTheTrainingKeeps(string weights, bool kept)
    {
        RunSpec digits = Digits with { Training = new TrainingSpec { Ema = [new ConstantEma(), new WarmupEma()] } };
        (RunSpec Run, string Path)[] runs =
        [
            (digits with { Sampling = new SamplingSpec { Weights = weights } }, "sampling.weights"),
            (digits with { Evaluation = new EvaluationSpec { Weights = weights } }, "evaluation.weights"),
        ];
        foreach ((RunSpec run, string path) in runs)
        {
            if (kept)
            {
                RunChecks.Check(run);
                continue;
            }

            SpecException error = Assert.Throws<SpecException>(() => RunChecks.Check(run));
            Assert.Equal((path, $"must be one of raw, ema.0, ema.1, which this run's training keeps; got \"{weights}\""), (error.Path, error.Reason));
        }
    }

    private static TFamily[] Every<TFamily>() => [.. typeof(TFamily).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(TFamily)) && !type.IsAbstract).Select(type => (TFamily)Activator.CreateInstance(type)!)];
}
