using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Timesteps;
using DdpmJobs.Model.Training;

namespace DdpmJobs.Model.Specs;

/// <summary>How a network is trained; defaults are the CIFAR-10 setting of Ho et al. 2020, appendix B.</summary>
public sealed record TrainingSpec : IRunCheck
{
    /// <summary>Optimiser steps.</summary>
    [Description("optimiser steps")]
    [Range(1, 1_000_000_000)]
    public int Steps { get; init; } = 800_000;

    /// <summary>Images a step.</summary>
    [Description("images a step")]
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 128;

    /// <summary>The optimiser.</summary>
    [Description("the optimiser")]
    public Optimizer Optimizer { get; init; } = new AdamOptimizer();

    /// <summary>Steps over which the learning rate rises linearly from 0; the first step has rate 0.</summary>
    [Description("steps over which the learning rate rises linearly from 0")]
    [Range(0, 1_000_000_000)]
    public int WarmupSteps { get; init; } = 5000;

    /// <summary>How the learning rate falls after the warm-up.</summary>
    [Description("how the learning rate falls after the warm-up")]
    public LearningRateDecay Decay { get; init; } = new NoDecay();

    /// <summary>Largest global gradient norm; 0 switches clipping off.</summary>
    [Description("largest global gradient norm; 0 switches clipping off")]
    [Range(0.0, double.MaxValue)]
    public double ClipNorm { get; init; } = 1.0;

    /// <summary>Moving averages of the weights; evaluation and sampling use the first, unless they name another.</summary>
    [Description("moving averages of the weights; the first is evaluated and sampled, unless another is named there")]
    [MinLength(1)]
    public IReadOnlyList<Ema> Ema { get; init; } = [new ConstantEma()];

    /// <summary>How t is drawn.</summary>
    [Description("how t is drawn")]
    public TimestepSampler TimestepSampler { get; init; } = new UniformTimesteps();

    /// <summary>Whether training images are mirrored with probability one half.</summary>
    [Description("mirror training images with probability one half")]
    public bool HorizontalFlip { get; init; }

    /// <summary>Probability of not telling the network an image's label, so that it learns to do without too: what classifier-free guidance needs.</summary>
    /// <remarks>Ho and Salimans 2022 (arXiv:2207.12598), algorithm 1, p_uncond; 0.1 to 0.2 worked best there.</remarks>
    [Description("probability of not telling the network an image's label; above 0 for guidance")]
    [Range(0.0, 1.0)]
    public double LabelDropout { get; init; }

    /// <summary>Steps between two hand-overs of metrics; every step's loss is kept.</summary>
    [Description("steps between two hand-overs of metrics; every step's loss is kept")]
    [Range(1, 1_000_000)]
    public int LogEvery { get; init; } = 20;

    /// <summary>When it counts as diverged, beside values that are not finite.</summary>
    [Description("when it counts as diverged, beside a loss or gradient that is not finite")]
    public DivergenceSpec Divergence { get; init; } = new();

    /// <summary>Which checkpoints are kept.</summary>
    [Description("which checkpoints are kept beside the newest")]
    public CheckpointSpec Checkpoints { get; init; } = new();

    /// <summary>What is measured while it trains; null for nothing.</summary>
    [Description("what is measured while it trains; null for nothing")]
    public ValidationSpec? Validation { get; init; }

    /// <summary>When it ends before <see cref="Steps"/>; null for never.</summary>
    [Description("when it ends before its last step; null for never")]
    public EarlyStopSpec? EarlyStop { get; init; }

    /// <summary>
    /// Parts that the batch of a step is worked through in, one after the other, so that only one of them needs memory: the images, noise and dropout masks of
    /// the whole batch, one mean loss, one optimiser step. 1 for all at once.
    /// </summary>
    [Description("parts that the batch of a step is worked through in, for less memory and the same step")]
    [Range(1, 65536)]
    public int Accumulation { get; init; } = 1;

    /// <summary>Equal parts of the batch whose gradients are clipped to <see cref="ClipNorm"/> each, before their mean is taken; 1 clips the gradient of the whole batch.</summary>
    /// <remarks>hojonathanho/diffusion clips so on the 8 replicas of its TPU: tpu_utils.py hands each 1/8 of the norm, and its CrossShardOptimizer 1/8 of the loss.</remarks>
    [Description("equal parts of the batch whose gradients are clipped each, before their mean is taken; 8 as the official program")]
    [Range(1, 65536)]
    public int ClipReplicas { get; init; } = 1;

    /// <summary>What the network's products are computed in; the weights, the noising, the targets and the loss are float32 in any case.</summary>
    [Description("what the network's products are computed in; weights, noising and loss are float32 in any case")]
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>Whether a CUDA device may round the inputs of float32 products to TF32 (10 bits of fraction in place of 23) for speed; without effect on the CPU.</summary>
    [Description("let a CUDA device round the inputs of float32 products to TF32, for speed")]
    public bool Tf32 { get; init; }

    /// <inheritdoc/>
    public void Check(RunSpec run, string path)
    {
        StepParts.Check(this, path);
        if (Tf32 && Precision != Precision.Float32)
            throw new SpecException(SpecPath.Member(path, "tf32"), "is true, but with precision bf16 no float32 product is left for it; leave one of them out");
        if (LabelDropout > 0 && run.Network.LabelCount == 0)
            throw new SpecException(SpecPath.Member(path, "label_dropout"), $"is {LabelDropout}, but the network is given no labels; set network.classes, or leave it out");
    }
}
