using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>The levels of pixels as they stand in files. What is measured of images is measured of these, as if they had been written and read again.</summary>
public static class PixelLevels
{
    /// <summary>Rounds images to the levels 0 to 255, halves to the even one; truncating would shift levels 1 to 63 down by one.</summary>
    /// <param name="x">Floating-point about [-1, 1], any device; what lies outside is clamped.</param>
    /// <returns>Whole numbers from 0 to 255 in the type of <paramref name="x"/>; the caller disposes it.</returns>
    public static Tensor Of(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        return x.add(1).mul_(127.5).round_().clamp_(0, 255).MoveToOuterDisposeScope();
    }

    /// <summary>Brings images to the scale of 0 to 255 without rounding: levels that no file holds, to show what rounding costs.</summary>
    /// <param name="x">Floating-point about [-1, 1], any device; what lies outside is clamped.</param>
    /// <returns>From 0 to 255 in the type of <paramref name="x"/>; the caller disposes it.</returns>
    public static Tensor Unrounded(Tensor x)
    {
        using DisposeScope scope = NewDisposeScope();
        return x.add(1).mul_(127.5).clamp_(0, 255).MoveToOuterDisposeScope();
    }
}
