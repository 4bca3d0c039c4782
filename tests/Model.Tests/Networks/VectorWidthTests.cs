using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Networks;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

// Kernels are compiled for vectors of 16 and of 8 numbers; whichever the processor at hand has, both are tried.
public sealed class VectorWidthTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<string> Kernels => [.. Passes.Keys];

    private static readonly Dictionary<string, Func<Tensor[]>> Passes = new()
    {
        ["normalization"] = () => WithGradients([Normal(1, 3, 48, 5, 7), Normal(2, 3, 48), Normal(3, 48), Normal(4, 48)], inputs =>
            NormalizedActivation.Of(inputs[0], inputs[1], inputs[2], inputs[3], 6, 1e-6, true, new DropoutContext(1) { Step = 2 }.MaskOf(0.25, 3))),
        ["attention"] = () => WithGradients([Normal(1, 2, 70, 48), Normal(2, 2, 70, 48), Normal(3, 2, 70, 48)], inputs => AttentionProducts.Of(inputs[0], inputs[1], inputs[2], 0.2)),
        ["1 x 1"] = () => WithGradients([Normal(1, 3, 80, 9, 7), Normal(2, 48, 80, 1, 1), Normal(3, 48)], inputs => PixelConvolution.Convolve(inputs[0], inputs[1], inputs[2])),
        ["3 x 3"] = () => WithGradients([Normal(1, 3, 272, 9, 7), Normal(2, 48, 272, 3, 3), Normal(3, 48)], inputs => WinogradConvolution.Convolve(inputs[0], inputs[1], inputs[2], 1)),
        ["distance"] = () => [tensor(SquaredDistance.Of(Normal(1, 100_007), Normal(2, 100_007))), tensor(SquaredDistance.Of(Normal(3, 40), null))],
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kernel_OtherWidth_ComputesTheSame(string kernel)
    {
        using DisposeScope scope = NewDisposeScope();
        bool own = Vectors.AreWide;
        try
        {
            Vectors.AreWide = true;
            Tensor[] wide = Passes[kernel]();
            Vectors.AreWide = false;
            Tensor[] narrow = Passes[kernel]();
            Assert.All(wide.Zip(narrow), pair => AssertNear(pair.First.to(float64), pair.Second, Tolerance));
        }
        finally
        {
            Vectors.AreWide = own;
        }
    }

    [Fact]
    public void Lanes_EveryOperation_IsThatOfEachNumber()
    {
        CheckLanes<Lanes16>();
        CheckLanes<Lanes8>();
    }

    private static void CheckLanes<TLanes>()
        where TLanes : unmanaged, ILanes<TLanes>
    {
        Assert.Equal(5.5f, TLanes.MultiplyAdd(TLanes.Of(2), TLanes.Of(1.5f), TLanes.Of(2.5f)).Most());
        Assert.Equal(3 * TLanes.Count, TLanes.Larger(TLanes.Of(3), TLanes.Of(-1)).Sum());
        Assert.Equal(-1, TLanes.Smaller(TLanes.Of(3), TLanes.Of(-1)).Most());
        Assert.Equal(-1.5f, (TLanes.Root(TLanes.Of(9)) / TLanes.Of(-2)).Most());
        Assert.Equal(0.125f, TLanes.PowerOfTwo(TLanes.Round(TLanes.Of(-3.4f))).Most());
        Assert.True(float.IsNaN(TLanes.UnlessNaN(TLanes.Of(float.NaN), TLanes.Of(1)).Most()));
        Assert.Equal(1, TLanes.UnlessNaN(TLanes.Of(0), TLanes.Of(1)).Most());
        Assert.Equal(-4, (-(TLanes.Of(5) - TLanes.Of(1))).Most());
    }

    private static Tensor[] WithGradients(Tensor[] inputs, Func<Tensor[], Tensor> of)
    {
        Tensor[] leaves = [.. inputs.Select(input => input.detach().requires_grad_())];
        Tensor y = of(leaves);
        y.backward([Normal(9, y.shape)]);
        return [y, .. leaves.Select(leaf => leaf.grad!)];
    }
}
