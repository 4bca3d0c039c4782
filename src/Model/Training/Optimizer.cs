using System.Reflection;
using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>A family of optimisers. All work in place on flat buffers that hold every parameter of the network one after the other.</summary>
public abstract record Optimizer
{
    /// <summary>The learning rate after warm-up.</summary>
    public abstract double LearningRate { get; init; }

    /// <summary>Names of the buffers that the optimiser keeps between steps, each shaped as the parameters and zero at first.</summary>
    public abstract IReadOnlyList<string> Slots { get; }

    /// <summary>The name in a spec, and before the slots' names in checkpoints.</summary>
    internal string Kind => GetType().GetCustomAttribute<KindAttribute>()!.Name;

    /// <summary>Does one step, in place.</summary>
    /// <param name="parameters">(P,) floating point; changed.</param>
    /// <param name="gradient">(P,), of this step, already clipped; may be changed.</param>
    /// <param name="slots">The buffers in the order of <see cref="Slots"/>; changed.</param>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    public abstract void Step(Tensor parameters, Tensor gradient, IReadOnlyList<Tensor> slots, long step, double learningRate);
}
