using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Convolutions on the CPU over channels filled up with zeros to whole vectors.</summary>
/// <remarks>
/// oneDNN 3.7, which libtorch 2.10 has in it, convolves over blocks of 8 or 16 channels. Where the last block is not full, its reordering (<c>jit:uni</c>, from a
/// plain to a padded blocked layout; uxlfoundation/oneDNN issue 3280) leaves the rest of the block as it finds the memory. The weights of the rest are zero, so
/// that nothing shows, until the memory holds a NaN or an infinity: then outputs and gradients are NaN, in one run and not in the next. Filling up here does what
/// the library should do there, at the price of a copy; networks whose widths are multiples of 16 pay it only where the image comes out.
/// </remarks>
internal static class WholeBlocks
{
    private const long Block = 16; // float32 in a vector of AVX-512, the widest; a multiple of the 8 of AVX2
    private const long Plain = 8; // images of up to so many channels are read as they are, not in blocks

    static WholeBlocks() => Nnpack.Disable();

    /// <summary>Convolves.</summary>
    /// <param name="x">(N, C, H, W).</param>
    /// <param name="weight">(C', C, K, K).</param>
    /// <param name="bias">(C',).</param>
    /// <param name="convolve">The convolution, given the three filled up.</param>
    /// <returns>(N, C', H', W'); belongs to the dispose scope in force.</returns>
    public static Tensor Convolve(Tensor x, Tensor weight, Tensor bias, Func<Tensor, Tensor, Tensor, Tensor> convolve)
    {
        if (x.device_type != DeviceType.CPU)
            return convolve(x, weight, bias);
        long outChannels = weight.shape[0];
        long moreOut = Missing(outChannels);
        long moreIn = weight.shape[1] <= Plain ? 0 : Missing(weight.shape[1]);
        if (moreOut == 0 && moreIn == 0)
            return convolve(x, weight, bias);

        using DisposeScope scope = NewDisposeScope();
        Tensor wideX = moreIn == 0 ? x : functional.pad(x, [0, 0, 0, 0, 0, moreIn]);
        Tensor wideWeight = functional.pad(weight, [0, 0, 0, 0, 0, moreIn, 0, moreOut]);
        Tensor wideBias = moreOut == 0 ? bias : functional.pad(bias, [0, moreOut]);
        return convolve(wideX, wideWeight, wideBias).narrow(1, 0, outChannels).MoveToOuterDisposeScope();
    }

    private static long Missing(long channels) => (Block - channels % Block) % Block;
}
