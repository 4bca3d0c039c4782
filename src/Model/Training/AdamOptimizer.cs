using System.ComponentModel.DataAnnotations;
using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Adam, with its bias corrections.</summary>
/// <remarks>
/// Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1, as PyTorch has it: epsilon is added after the second moment is corrected. TensorFlow's Adam, which trained
/// the paper's models, adds it before; the two differ only while gradients are near epsilon.
/// </remarks>
[Kind("adam", Summary = "Adam with bias corrections", Source = "Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1")]
public sealed record AdamOptimizer : Optimizer
{
    /// <inheritdoc/>
    [Description("learning rate after warm-up")]
    [Range(0.0, 10.0)]
    public override double LearningRate { get; init; } = 2e-4; // Ho et al. 2020, appendix B, CIFAR-10

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

    /// <inheritdoc/>
    public override IReadOnlyList<string> Slots => ["m", "v"];

    /// <inheritdoc/>
    public override void Step(Tensor parameters, Tensor gradient, IReadOnlyList<Tensor> slots, long step, double learningRate)
    {
        // The corrections are taken in double: at step 0 the second one divides by 0.001.
        double rate = learningRate / (1 - Math.Pow(Beta1, step + 1));
        double rootScale = 1 / Math.Sqrt(1 - Math.Pow(Beta2, step + 1));
        (Tensor m, Tensor v) = (slots[0], slots[1]);
        if (Vectors.AreFlat(parameters, gradient, m, v))
        {
            Update(parameters, gradient, m, v, rate, rootScale);
            return;
        }

        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        m.lerp_(gradient, 1 - Beta1);
        v.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
        Tensor denominator = v.sqrt().mul_(rootScale).add_(Epsilon);
        parameters.addcdiv_(m, denominator, -rate);
    }

    private unsafe void Update(Tensor parameters, Tensor gradient, Tensor m, Tensor v, double rate, double rootScale)
    {
        AdamUpdate work = new()
        {
            Count = parameters.numel(), Values = Vectors.Of(parameters), Gradient = Vectors.Of(gradient), First = Vectors.Of(m), Second = Vectors.Of(v),
            FirstShare = (float)(1 - Beta1), SecondKept = (float)Beta2, SecondShare = (float)(1 - Beta2), RootScale = (float)rootScale, Epsilon = (float)Epsilon, Rate = (float)rate,
        };
        ThreadTeam.Run(Vectors.PartsOf(work.Count), &AdamUpdate.Do<Lanes16>, &AdamUpdate.Do<Lanes8>, &work);
    }
}
