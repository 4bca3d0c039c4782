using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Samplers;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Training;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>In float64: the parts of a batch have the gradient of the whole, and replicas are clipped as in the official program.</summary>
public sealed class StepGradientTests
{
    private const int Step = 3;

    private static readonly RunSpec Spec = new()
    {
        Seed = 5,
        Data = new Optdigits(),
        Sampling = new SamplingSpec { Sampler = new AncestralSampler() },
        Process = new ProcessSpec { Timesteps = 10 },
        Training = new TrainingSpec { BatchSize = 16, HorizontalFlip = true },
    };

    private static readonly ImageSet Images = Spec.Data.Load(Split.Train, null);

    public static TheoryData<Objective, Variance> Losses => ResumeTests.Losses;

    [Theory]
    [MemberData(nameof(Losses))]
    public void Take_InParts_IsTheGradientOfTheWhole(Objective objective, Variance variance)
    {
        using DisposeScope scope = NewDisposeScope();
        RunSpec spec = Spec with { Objective = objective, Process = Spec.Process with { Variance = variance } };
        (double[] whole, float[] losses) = Take(spec);
        Assert.NotEqual(0, Norm(whole));
        foreach (int parts in (int[])[2, 4, 16])
        {
            (double[] gradient, float[] partLosses) = Take(spec with { Training = spec.Training with { Accumulation = parts } });
            Assert.InRange(Norm(Minus(gradient, whole)), 0, 1e-13 * Norm(whole));
            Assert.Equal(losses, partLosses);
        }
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(4, 8)]
    [InlineData(8, 8)]
    public void Take_ClipReplicas_ClipsEachAsTheOfficialProgram(int replicas, int accumulation)
    {
        using DisposeScope scope = NewDisposeScope();

        // A bound among the norms of the replicas, so that some are clipped and some are not.
        double[][] each = [.. Enumerable.Range(0, replicas).Select(replica => OfRows(replica * 16 / replicas, 16 / replicas))];
        double[] norms = [.. each.Select(Norm).Order()];
        double most = (norms[replicas / 2 - 1] + norms[replicas / 2]) / 2;
        Assert.True(norms[0] < most && most < norms[^1]);

        // tpu_utils.py:158-166 and TensorFlow's CrossShardOptimizer: each replica's gradient of 1/R of its loss, clipped to 1/R of the norm, and their sum.
        double[] expected = new double[each[0].Length];
        foreach (double[] gradient in each)
        {
            double norm = Norm(gradient) / replicas;
            double factor = Math.Min(1, most / replicas / norm);
            for (int i = 0; i < expected.Length; i++)
                expected[i] += gradient[i] / replicas * factor;
        }

        TrainingSpec training = Spec.Training with { ClipReplicas = replicas, Accumulation = accumulation, ClipNorm = most };
        (double[] taken, _) = Take(Spec with { Training = training });
        Assert.InRange(Norm(Minus(taken, expected)), 0, 1e-13 * Norm(expected));

        // It is not the whole gradient clipped, and no longer than the bound, so that nothing is clipped after it.
        Assert.InRange(Norm(taken), 0, most);
        (double[] whole, _) = Take(Spec);
        Assert.True(Norm(Minus(taken, [.. whole.Select(g => g * Math.Min(1, most / Norm(whole)))])) > 1e-3 * most);
    }

    [Fact]
    public void Take_ReplicasBelowTheBound_AreTheWholeGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        (double[] whole, _) = Take(Spec);
        (double[] replicas, _) = Take(Spec with { Training = Spec.Training with { ClipReplicas = 8, ClipNorm = 1e6 } });
        Assert.InRange(Norm(Minus(replicas, whole)), 0, 1e-13 * Norm(whole));
    }

    private static (double[] Gradient, float[] Losses) Take(RunSpec spec)
    {
        DiffusionModel diffusion = DiffusionModel.From(spec.Process);
        WideNetwork network = new(diffusion.OutputChannels(1), new DropoutContext(spec.Seed));
        Batch batch = new BatchSource(spec, Images, CPU).Draw(Step);
        Tensor losses = new StepGradient(spec, diffusion, network, network.Dropout, network.Gradients).Take(batch, Step);
        return (network.Gradients.data<double>().ToArray(), losses.data<float>().ToArray());
    }

    // The gradient of the mean loss of some rows, without the code that is tested.
    private static double[] OfRows(int first, int rows)
    {
        DiffusionModel diffusion = DiffusionModel.From(Spec.Process);
        WideNetwork network = new(1, new DropoutContext(Spec.Seed) { Step = Step, FirstRow = first });
        Batch batch = new BatchSource(Spec, Images, CPU).Draw(Step);
        Spec.Objective.Losses(new ObjectiveInputs
        {
            Model = diffusion, Network = network.forward, Levels = Spec.Data.Levels,
            X0 = batch.X0.narrow(0, first, rows), T = batch.T.narrow(0, first, rows), Noise = batch.Noise.narrow(0, first, rows),
        }).mean().backward();
        return network.Gradients.data<double>().ToArray();
    }

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(x => x * x));

    private static double[] Minus(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x - y)];
}
