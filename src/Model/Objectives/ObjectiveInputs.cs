using DdpmJobs.Model.Diffusion;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>One batch and the model that is to learn from it. The tensors belong to the caller and lie on one device.</summary>
public sealed record ObjectiveInputs
{
    /// <summary>Process, prediction, variance.</summary>
    public required DiffusionModel Model { get; init; }

    /// <summary>The network: x_t (N, C, H, W) float32 and zero-based t (N,) int64 to (N, C', H, W).</summary>
    public required Func<Tensor, Tensor, Tensor> Network { get; init; }

    /// <summary>Images, (N, C, H, W) float32 in [-1, 1].</summary>
    public required Tensor X0 { get; init; }

    /// <summary>Zero-based timestep per image, (N,) int64.</summary>
    public required Tensor T { get; init; }

    /// <summary>Standard normal noise, shaped as X0.</summary>
    public required Tensor Noise { get; init; }

    /// <summary>Number of pixel levels of the data, as 256 for bytes.</summary>
    public required int Levels { get; init; }
}
