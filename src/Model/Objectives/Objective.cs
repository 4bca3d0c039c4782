using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>A family of training losses.</summary>
public abstract record Objective
{
    /// <summary>The loss of each image, through one call of the network.</summary>
    /// <param name="inputs">Batch and model.</param>
    /// <returns>(N,) float32, differentiable in the network's weights; the caller disposes it.</returns>
    public abstract Tensor Losses(ObjectiveInputs inputs);
}
