using DdpmJobs.Model.Specs;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>A family of training losses.</summary>
public abstract record Objective : IRunCheck
{
    /// <summary>Whether the variance stands in the loss, so that a learned one is trained.</summary>
    public abstract bool TrainsVariance { get; }

    /// <summary>The loss of each image, through one call of the network.</summary>
    /// <param name="inputs">Batch and model.</param>
    /// <returns>(N,) float32, differentiable in the network's weights; the caller disposes it.</returns>
    public abstract Tensor Losses(ObjectiveInputs inputs);

    /// <summary>Refuses a learned variance that nothing would train.</summary>
    public virtual void Check(RunSpec run, string path)
    {
        if (!TrainsVariance && run.Process.Variance.OutputsPerChannel > 1)
        {
            throw new SpecException(path,
                $"{Kinds.NameOf(this)} cannot be used with the variance {Kinds.NameOf(run.Process.Variance)}: the variance does not stand in this loss, "
                + "so nothing would train it; use hybrid or vlb, or a fixed variance");
        }
    }
}
