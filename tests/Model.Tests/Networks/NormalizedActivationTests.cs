using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public sealed class NormalizedActivationTests
{
    private const int Layer = 3;

    [Theory]
    [InlineData(3, 32, 5, 7, 8, true, 0.1, false)]
    [InlineData(3, 32, 5, 7, 8, true, 0.1, true)]
    [InlineData(2, 64, 8, 8, 32, true, 0.0, false)]
    [InlineData(5, 16, 1, 2, 8, true, 0.5, true)]
    [InlineData(1, 256, 16, 16, 32, false, 0.0, false)]
    [InlineData(4, 48, 9, 3, 3, false, 0.25, true)]
    [InlineData(2, 128, 32, 32, 32, true, 0.1, false)]
    [InlineData(2, 128, 32, 32, 32, true, 0.1, true)]
    public void Of_AnyShape_IsTheOperationsOneByOneAndTheirGradients(int n, int channels, int height, int width, int groups, bool activates, double rate, bool adds)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = (3 * Normal(1, n, channels, height, width) + 1).requires_grad_();
        Tensor gamma = Normal(2, channels).requires_grad_(), beta = Normal(3, channels).requires_grad_();
        Tensor dy = Normal(4, n, channels, height, width);
        DropoutContext dropout = new(7) { Step = 11 };

        Tensor? added = adds ? (2 * Normal(5, n, channels)).requires_grad_() : null;

        // The operations one by one, in double precision.
        Tensor exactX = x.detach().to(float64).requires_grad_(), exactGamma = gamma.detach().to(float64).requires_grad_(), exactBeta = beta.detach().to(float64).requires_grad_();
        Tensor? exactAdded = added?.detach().to(float64).requires_grad_();
        Tensor exact = nn.functional.group_norm(adds ? exactX + exactAdded!.unsqueeze(-1).unsqueeze(-1) : exactX, groups, exactGamma, exactBeta, 1e-6);
        exact = activates ? nn.functional.silu(exact) : exact;
        exact = rate > 0 ? exact * dropout.Mask([n, channels, height, width], rate, Layer, CPU).to(float64) : exact;
        exact.backward([dy.to(float64)]);

        Tensor y = NormalizedActivation.Of(x, added, gamma, beta, groups, 1e-6, activates, rate > 0 ? dropout.MaskOf(rate, Layer) : default);
        y.backward([dy]);

        AssertNear(exact, y, 2e-6);
        AssertNear(exactX.grad!, x.grad!, 5e-6);
        AssertNear(exactGamma.grad!, gamma.grad!, 5e-6);
        AssertNear(exactBeta.grad!, beta.grad!, 5e-6);
        if (adds)
            AssertNear(exactAdded!.grad!, added!.grad!, 5e-6);
    }

    [Theory]
    [InlineData(3, 32, 5, 8, true)]
    [InlineData(2, 64, 9, 32, false)]
    public void Of_ScaleAndShiftOfEachImage_IsTheOperationsOneByOneAndTheirGradients(int n, int channels, int size, int groups, bool activates)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = (3 * Normal(1, n, channels, size, size) + 1).requires_grad_();
        Tensor gamma = Normal(2, n, channels).requires_grad_(), beta = Normal(3, n, channels).requires_grad_();
        Tensor dy = Normal(4, n, channels, size, size);

        Tensor exactX = x.detach().to(float64).requires_grad_(), exactGamma = gamma.detach().to(float64).requires_grad_(), exactBeta = beta.detach().to(float64).requires_grad_();
        Tensor exact = nn.functional.group_norm(exactX, groups, eps: 1e-5) * exactGamma.unsqueeze(-1).unsqueeze(-1) + exactBeta.unsqueeze(-1).unsqueeze(-1);
        exact = activates ? nn.functional.silu(exact) : exact;
        exact.backward([dy.to(float64)]);

        Tensor y = NormalizedActivation.Of(x, null, gamma, beta, groups, 1e-5, activates, default);
        y.backward([dy]);
        AssertNear(exact, y, 2e-6);
        AssertNear(exactX.grad!, x.grad!, 5e-6);
        AssertNear(exactGamma.grad!, gamma.grad!, 5e-6);
        AssertNear(exactBeta.grad!, beta.grad!, 5e-6);
    }

    [Fact]
    public void Of_OtherThreadsAndLayouts_AreTheSameToTheLastBit()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = Normal(5, 5, 32, 6, 6), dy = Normal(6, 5, 32, 6, 6);
        DropoutContext dropout = new(1) { Step = 2 };
        int before = get_num_threads();
        try
        {
            set_num_threads(1);
            (Tensor y1, Tensor dx1, Tensor gamma1) = Pass(x);
            set_num_threads(3);
            (Tensor y3, Tensor dx3, Tensor gamma3) = Pass(LastChannels.Of(x));
            Assert.True(y1.equal(y3).all().item<bool>() && dx1.equal(dx3).all().item<bool>() && gamma1.equal(gamma3).all().item<bool>());
        }
        finally
        {
            set_num_threads(before);
        }

        (Tensor Y, Tensor Dx, Tensor Dgamma) Pass(Tensor input)
        {
            Tensor leaf = input.detach().requires_grad_(), gamma = ones(32).requires_grad_(), beta = zeros(32).requires_grad_();
            Tensor y = NormalizedActivation.Of(leaf, null, gamma, beta, 8, 1e-6, true, dropout.MaskOf(0.2, Layer));
            y.backward([dy]);
            return (y, leaf.grad!, gamma.grad!);
        }
    }

    [Fact]
    public void Of_PartOfABatch_HasTheMaskOfItsRows()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor x = ones(4, 16, 3, 1) + arange(3).view(1, 1, 3, 1); // 48 elements an image: rows begin in the middle of vectors
        Tensor whole = NormalizedActivation.Of(x, null, ones(16), ones(16), 1, 1e-6, false, Mask(firstRow: 0));
        Tensor part = NormalizedActivation.Of(x.narrow(0, 1, 3), null, ones(16), ones(16), 1, 1e-6, false, Mask(firstRow: 1));
        Assert.True(whole.narrow(0, 1, 3).equal(part).all().item<bool>());
        Assert.False(whole.narrow(0, 0, 3).equal(part).all().item<bool>());

        static DropoutMask Mask(long firstRow) => new DropoutContext(1) { Step = 2, FirstRow = firstRow }.MaskOf(0.5, Layer);
    }

    [Fact]
    public void Of_NotANumber_StaysOne()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor x = ones(2, 16, 2, 2);
        x[0, 3, 1, 1] = float.NaN;
        Tensor y = NormalizedActivation.Of(x, null, ones(16), ones(16), 4, 1e-6, true, default);
        Assert.True(y[0].narrow(0, 0, 4).isnan().all().item<bool>());
        Assert.False(y[1].isnan().any().item<bool>());
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-3f)]
    [InlineData(-1f)]
    [InlineData(17.5f)]
    [InlineData(-80f)]
    [InlineData(-1e30f)]
    [InlineData(float.PositiveInfinity)]
    public void Sigmoid_AnyNumber_IsTheLogisticFunction(float z)
    {
        Assert.Equal(1 / (1 + Math.Exp(-(double)z)), Sigmoid.Of(Lanes16.Of(z)).Most(), 3e-7);
        Assert.Equal(1 / (1 + Math.Exp(-(double)z)), Sigmoid.Of(Lanes8.Of(z)).Most(), 3e-7);
    }
}
