using DdpmJobs.Model.Networks.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Images in memory with the channels last, (N, H, W, C), while their shape stays (N, C, H, W).</summary>
internal static class LastChannels
{
    /// <summary>Lays the activations of a network out so that its layers are fastest; they keep the layout that they find.</summary>
    /// <param name="h">(N, C, H, W), what the first convolution gives.</param>
    public static Tensor Enter(Tensor h) => NormalizedActivation.Fits(h) ? Of(h) : h;

    /// <summary>Sees a piece of memory as the parameter of a layer: the weights of a convolution that works on images with the channels last lie in the same order, in which it need not copy them.</summary>
    /// <param name="memory">All numbers, one after the other.</param>
    /// <param name="shape">The parameter's shape, (C', C, H, W) for a convolution.</param>
    /// <returns>That shape; shares the memory.</returns>
    public static Tensor Weight(Tensor memory, long[] shape)
    {
        if (memory.device_type != DeviceType.CPU || shape is not [var outChannels, var channels, var height, var width]
            || outChannels % Vectors.Lanes != 0 || channels % Vectors.Lanes != 0)
            return memory.view(shape);
        using Tensor pixels = memory.view(outChannels, height, width, channels);
        return pixels.permute(0, 3, 1, 2);
    }

    /// <summary>Lays images out with the channels last.</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <returns>(N, C, H, W) in that layout, copied only where it was in another; belongs to the dispose scope in force.</returns>
    public static Tensor Of(Tensor x)
    {
        using Tensor pixels = Pixels(x);
        return pixels.permute(0, 3, 1, 2);
    }

    /// <summary>Images of any content in that layout; no view of others, so that a function of our own may return them to callers who change them in place.</summary>
    /// <returns>(N, C, H, W) float32 on the CPU; belongs to the dispose scope in force.</returns>
    public static Tensor Empty(long images, long channels, long height, long width) =>
        empty_strided([images, channels, height, width], [height * width * channels, 1, width * channels, channels], ScalarType.Float32);

    /// <summary>Lays images out with the channels last, and sees them as (N, H, W, C).</summary>
    public static Tensor Pixels(Tensor x)
    {
        using Tensor permuted = x.permute(0, 2, 3, 1);
        return permuted.contiguous();
    }
}
