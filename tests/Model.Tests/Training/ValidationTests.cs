using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>What is measured while a run trains is what an evaluation of that step measures, changes no number of the training, and is the same after every stop.</summary>
public sealed class ValidationTests : IDisposable
{
    private static readonly NllMetric Nll = new() { Images = 12, TimestepsPerImage = 2 };

    private static readonly RunSpec Plain = new()
    {
        Seed = 11,
        Data = new Optdigits(),
        Network = new DdpmUnet { Channels = 4, Multipliers = [1], Blocks = 1, Attention = [], Dropout = 0.1, Groups = 2 },
        Process = new ProcessSpec { Timesteps = 8 },
        Training = new TrainingSpec
        {
            Steps = 10,
            BatchSize = 8,
            WarmupSteps = 0,
            LogEvery = 1,
            Optimizer = new AdamOptimizer { LearningRate = 5e-3 },
            Ema = [new ConstantEma { Decay = 0.5 }, new WarmupEma { Decay = 0.9 }],
        },
        Evaluation = new EvaluationSpec { Metrics = [Nll, Nll with { Split = SplitName.Train }], Weights = "ema.1" },
    };

    private static readonly RunSpec Spec = Plain with
    {
        Training = Plain.Training with
        {
            Checkpoints = new CheckpointSpec { KeepEvery = 2 },
            Validation = new ValidationSpec { Every = 2, Metrics = Plain.Evaluation.Metrics, Weights = "ema.1" },
        },
    };

    // No improvement is by so much, so the first validation sets the mark and the two after it end the training.
    private static readonly RunSpec Early = Spec with { Training = Spec.Training with { EarlyStop = new EarlyStopSpec { Metric = "nll_train", Patience = 2, MinImprovement = 1e6 } } };

    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-validation-").FullName;

    public ValidationTests() => set_num_threads(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("raw")]
    [InlineData("ema.1")]
    public void Train_Validation_IsWhatAnEvaluationOfThatStepMeasures(string weights)
    {
        RunSpec spec = Spec with
        {
            Training = Spec.Training with { Validation = Spec.Training.Validation! with { Weights = weights } },
            Evaluation = Spec.Evaluation with { Weights = weights },
        };
        Trained whole = Train(spec, "whole");
        Assert.Equal([2L, 4, 6, 8, 10], whole.Validations.Select(point => point.Step));
        foreach (ValidationPoint point in whole.Validations)
        {
            IReadOnlyList<MetricValue> values = Evaluator.Evaluate(spec, new EvaluationSession { Checkpoint = Path.Combine(_folder, "whole", $"step-{point.Step:D8}.safetensors") }, CancellationToken.None);
            Assert.Equal(["nll", "nll_train"], point.Values.Select(value => value.Name));
            Assert.Equal(values.Select(value => (value.Name, value.Value, value.StandardError, value.ProtocolDigest)), point.Values.Select(value => (value.Name, value.Value, value.StandardError, value.ProtocolDigest)));
        }

        // It learns, so the values are not one and the same.
        Assert.Equal(5, whole.Validations.Select(point => point.Values[0].Value).Distinct().Count());
    }

    [Fact]
    public void Train_Validation_ChangesNoNumberOfTheTraining()
    {
        Trained without = Train(Plain, "without");
        Trained with = Train(Spec, "with");
        Assert.Equal(without.Losses, with.Losses);
        using Checkpoint a = Checkpoint.Open(without.End.Checkpoint, Plain);
        using Checkpoint b = Checkpoint.Open(with.End.Checkpoint, Spec);
        using Tensor one = zeros(4, 1, 3, 3);
        using Tensor other = zeros(4, 1, 3, 3);
        foreach (string buffer in new[] { "model", "ema.0", "ema.1", "adam.m", "adam.v" })
        {
            a.CopyTo($"{buffer}.conv_in.weight", one);
            b.CopyTo($"{buffer}.conv_in.weight", other);
            Assert.Equal(one.data<float>().ToArray(), other.data<float>().ToArray());
        }
    }

    [Fact]
    public void Train_Best_IsSelectedWithMetricValueAndStep()
    {
        Trained trained = Train(Spec, "best");
        for (int metric = 0; metric < 2; metric++)
        {
            double best = double.PositiveInfinity;
            foreach (ValidationPoint point in trained.Validations)
            {
                MetricValue value = point.Values[metric];
                CheckpointSelection? selection = trained.Saved.Single(file => file.Step == point.Step).BestOf.SingleOrDefault(selection => selection.Metric == value.Name);
                Assert.Equal(value.Value < best ? new CheckpointSelection(value.Name, value.Value, "bits/dim", true, point.Step, value.ProtocolDigest) : null, selection);
                best = Math.Min(best, value.Value);
            }
        }
    }

    [Theory]
    [InlineData(2)] // the stop comes just before a validation, which is then caught up on
    [InlineData(3)]
    [InlineData(4)]
    public void Train_StoppedAndResumed_EndsBitIdentical(int stopAfter)
    {
        Trained whole = Train(Spec, "whole");
        Trained first = Train(Spec, "first", stopAfter: stopAfter);
        Assert.Equal((stopAfter, false), (first.End.StepsDone, first.End.Completed));
        Trained second = Train(Spec, "second", first.End.Checkpoint);
        Assert.Equal(File.ReadAllBytes(whole.End.Checkpoint), File.ReadAllBytes(second.End.Checkpoint));
        AssertSameCurve(whole, first, second);

        // Each step's selections are made, in the one or in the other.
        foreach (SavedCheckpoint file in whole.Saved)
        {
            Assert.Contains(first.Saved.Concat(second.Saved), again => again.Step == file.Step && again.IsKept && again.BestOf.SequenceEqual(file.BestOf));
            string[] files = [.. new[] { "second", "first" }.Select(folder => Path.Combine(_folder, folder, Path.GetFileName(file.Path))).Where(File.Exists)];
            Assert.Equal(File.ReadAllBytes(file.Path), File.ReadAllBytes(files[0]));
        }
    }

    [Fact]
    public void Train_ResumedJustAfterAValidation_HandsItOverAgainWithoutMeasuring()
    {
        Trained whole = Train(Spec, "whole");
        string from = Path.Combine(_folder, "whole", "step-00000004.safetensors");
        Trained rest = Train(Spec, "rest", from, stopAfter: 0);
        Assert.Equal([4L], rest.Validations.Select(point => point.Step));
        Assert.Equal(Words(whole.Validations[1]), Words(rest.Validations[0]));
        Assert.Equal(File.ReadAllBytes(from), File.ReadAllBytes(rest.End.Checkpoint));
    }

    [Fact]
    public void Train_EarlyStop_CompletesBeforeTheLastStepAndSaysSo()
    {
        Trained trained = Train(Early, "early");
        Assert.Equal((6, true), (trained.End.StepsDone, trained.End.Completed));
        Assert.StartsWith("stopped early at step 6: validation/nll_train has not improved by more than 1000000 bits/dim in 2 validations", trained.End.EndedEarly, StringComparison.Ordinal);
        Assert.Equal(6, trained.Losses.Length);

        // Its checkpoint is the end, those before it are not.
        Assert.Equal(new FinishedTraining(6, trained.End.EndedEarly), FinishedTraining.Of(Early, 6, () => trained.End.Checkpoint));
        Assert.Null(FinishedTraining.Of(Early, 4, () => Path.Combine(_folder, "early", "step-00000004.safetensors")));

        // Going on from it trains nothing and ends as before.
        Trained again = Train(Early, "again", trained.End.Checkpoint);
        Assert.Equal((6, true, trained.End.EndedEarly), (again.End.StepsDone, again.End.Completed, again.End.EndedEarly));
        Assert.Empty(again.Losses);
        Assert.Equal(File.ReadAllBytes(trained.End.Checkpoint), File.ReadAllBytes(again.End.Checkpoint));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Train_StoppedAndResumed_EndsEarlyAtTheSameStep(int stopAfter)
    {
        Trained whole = Train(Early, "whole");
        Trained first = Train(Early, "first", stopAfter: stopAfter);
        Assert.Null(FinishedTraining.Of(Early, stopAfter, () => first.End.Checkpoint));
        Trained second = Train(Early, "second", first.End.Checkpoint);
        Assert.Equal(whole.End.EndedEarly, second.End.EndedEarly);
        Assert.Equal(File.ReadAllBytes(whole.End.Checkpoint), File.ReadAllBytes(second.End.Checkpoint));
        AssertSameCurve(whole, first, second);
    }

    [Fact]
    public void Train_StoppedBeforeTheLastValidation_IsNotCompleteUntilItIsMeasured()
    {
        Trained first = Train(Spec, "first", stopAfter: 10);
        Assert.Equal((10, false), (first.End.StepsDone, first.End.Completed));
        Assert.Null(FinishedTraining.Of(Spec, 10, () => first.End.Checkpoint));
        Trained second = Train(Spec, "second", first.End.Checkpoint);
        Assert.Equal((10, true), (second.End.StepsDone, second.End.Completed));
        Assert.Equal(new FinishedTraining(10, null), FinishedTraining.Of(Spec, 10, () => second.End.Checkpoint));
        Assert.Equal([10L], second.Validations.Select(point => point.Step));
    }

    [Fact]
    public void Train_MetricThatTheDataCannotGive_NamesItsPlace()
    {
        RunSpec spec = Spec with { Training = Spec.Training with { Validation = new ValidationSpec { Every = 1, Metrics = [Nll with { Images = 5000 }] } } };
        Assert.Equal("training.validation.metrics[0].images", Assert.Throws<SpecException>(() => Train(spec, "wrong")).Path);
    }

    private static IEnumerable<(long, string, double, double?, string)> Words(ValidationPoint point)
        => point.Values.Select(value => (point.Step, value.Name, value.Value, value.StandardError, value.ProtocolDigest));

    // As the views show it: what the first has at the second's first step and later is cut.
    private static void AssertSameCurve(Trained whole, Trained first, Trained second)
        => Assert.Equal(whole.Validations.SelectMany(Words), first.Validations.Where(point => point.Step < first.End.StepsDone).Concat(second.Validations).SelectMany(Words));

    private Trained Train(RunSpec spec, string folder, string? resumeFrom = null, int stopAfter = int.MaxValue)
    {
        using CancellationTokenSource stop = new();
        if (stopAfter == 0)
            stop.Cancel();
        List<double> losses = [];
        List<SavedCheckpoint> saved = [];
        List<ValidationPoint> validations = [];
        TrainingEnd end = Trainer.Train(spec, new TrainingSession
        {
            Folder = Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName,
            ResumeFrom = resumeFrom,
            CheckpointInterval = TimeSpan.FromDays(1),
            OnValidation = validations.Add,
            OnCheckpoint = saved.Add,
            OnPoints = points =>
            {
                losses.AddRange(points.Loss);
                if (losses.Count >= stopAfter)
                    stop.Cancel();
            },
        }, stop.Token);
        return new Trained(end, [.. losses], saved, validations);
    }

    private sealed record Trained(TrainingEnd End, double[] Losses, List<SavedCheckpoint> Saved, List<ValidationPoint> Validations);
}
