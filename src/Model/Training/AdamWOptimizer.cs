using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Adam with weight decay that is not part of the gradient: the weights shrink by learning rate times decay before each step.</summary>
[Kind("adamw", Summary = "Adam with decoupled weight decay", Source = "Loshchilov and Hutter 2019 (arXiv:1711.05101), algorithm 2, as PyTorch has it")]
public sealed record AdamWOptimizer : Optimizer
{
    /// <inheritdoc/>
    [Description("learning rate after warm-up")]
    [Range(0.0, 10.0)]
    public override double LearningRate { get; init; } = 1e-4;

    /// <summary>Decay of the first moment.</summary>
    [Description("decay of the first moment")]
    [Range(0.0, 0.999999)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    [Description("decay of the second moment")]
    [Range(0.0, 0.99999999)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    [Description("added to the root of the second moment")]
    [Range(1e-16, 1.0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Share of the weights, times the learning rate, that goes at each step.</summary>
    [Description("share of the weights, times the learning rate, that goes at each step")]
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.01;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Slots => Adam.Slots;

    private AdamOptimizer Adam => new() { LearningRate = LearningRate, Beta1 = Beta1, Beta2 = Beta2, Epsilon = Epsilon };

    /// <inheritdoc/>
    public override void Step(Tensor parameters, Tensor gradient, IReadOnlyList<Tensor> slots, long step, double learningRate)
    {
        using IDisposable quiet = no_grad();
        parameters.mul_(1 - learningRate * WeightDecay);
        Adam.Step(parameters, gradient, slots, step, learningRate);
    }
}
