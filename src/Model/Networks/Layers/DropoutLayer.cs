using DdpmJobs.Model.Networks.Kernels;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>One place in a network where activations are dropped in training.</summary>
/// <param name="Context">Draws the masks.</param>
/// <param name="Rate">Probability of dropping an activation.</param>
/// <param name="Index">Which of the network's dropout layers it is.</param>
internal sealed record DropoutLayer(DropoutContext Context, double Rate, int Index)
{
    /// <summary>The mask at the context's step.</summary>
    public DropoutMask Mask => Context.MaskOf(Rate, Index);

    /// <summary>Drops elements, (N, C, H, W); the result belongs to the dispose scope in force.</summary>
    public Tensor Apply(Tensor h) => Context.Apply(h, Rate, Index);
}
