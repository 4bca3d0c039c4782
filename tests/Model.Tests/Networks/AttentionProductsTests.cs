using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Kernels;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static DdpmJobs.Model.Tests.Networks.Near;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public sealed class AttentionProductsTests
{
    private const double Scale = 0.15;

    [Theory]
    [InlineData(3, 64, 32)] // whole blocks and panels
    [InlineData(2, 256, 48)] // several blocks, the last panel of channels half full
    [InlineData(5, 81, 16)] // pixels that fill neither a panel nor eight rows
    [InlineData(2, 70, 80)]
    [InlineData(1, 130, 256)]
    [InlineData(4, 1, 16)]
    public void Of_AnyShape_IsAttentionAndItsGradients(int n, int pixels, int channels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [.. Enumerable.Range(1, 3).Select(index => (2 * Normal(index, n, pixels, channels)).requires_grad_())];
        Tensor[] exactInputs = [.. inputs.Select(input => input.detach().to(float64).requires_grad_())];
        Tensor dy = Normal(4, n, pixels, channels);
        Tensor exact = Plain(exactInputs);
        exact.backward([dy.to(float64)]);

        Tensor y = AttentionProducts.Of(inputs[0], inputs[1], inputs[2], Scale);
        y.backward([dy]);

        AssertNear(exact, y, 5e-6);
        foreach ((Tensor expected, Tensor found) in exactInputs.Zip(inputs))
            AssertNear(expected.grad!, found.grad!, 1e-5);
    }

    [Fact]
    public void Of_WithoutAGradient_IsTheSame()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor q = Normal(1, 2, 72, 32).requires_grad_();
        Tensor with = AttentionProducts.Of(q, q, q, Scale).detach();
        using IDisposable quiet = no_grad();
        Assert.True(AttentionProducts.Of(q, q, q, Scale).equal(with).all().item<bool>());
    }

    [Fact]
    public void Of_OtherThreadsBatchesAndLayouts_AreTheSameToTheLastBit()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [.. Enumerable.Range(1, 3).Select(index => Normal(index, 5, 81, 32))];
        Tensor dy = Normal(4, 5, 81, 32);
        int before = get_num_threads();
        try
        {
            set_num_threads(1);
            (Tensor y1, Tensor dk1) = Pass(inputs, dy);
            set_num_threads(3);
            (Tensor y3, Tensor dk3) = Pass([.. inputs.Select(input => input.transpose(1, 2).contiguous().transpose(1, 2))], dy);
            (Tensor part, _) = Pass([.. inputs.Select(input => input.narrow(0, 2, 2))], dy.narrow(0, 2, 2));
            Assert.True(y1.equal(y3).all().item<bool>() && dk1.equal(dk3).all().item<bool>());
            Assert.True(y1.narrow(0, 2, 2).equal(part).all().item<bool>());
        }
        finally
        {
            set_num_threads(before);
        }

        static (Tensor Y, Tensor Dk) Pass(Tensor[] inputs, Tensor dy)
        {
            Tensor k = inputs[1].detach().requires_grad_();
            Tensor y = AttentionProducts.Of(inputs[0], k, inputs[2], Scale);
            y.backward([dy]);
            return (y, k.grad!);
        }
    }

    [Theory]
    [InlineData(1e4f)] // products of 1e8: one weight is 1
    [InlineData(1e-6f)] // all weights are equal
    public void Of_ProductsOfAnySize_OverflowNowhere(float size)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [.. Enumerable.Range(1, 3).Select(index => ((index == 3 ? 1 : size) * Normal(index, 2, 97, 16)).requires_grad_())];
        Tensor exact = Plain([.. inputs.Select(input => input.detach().to(float64))]);
        Tensor y = AttentionProducts.Of(inputs[0], inputs[1], inputs[2], Scale);
        y.sum().backward();
        AssertNear(exact, y, 2e-6);
        Assert.All(inputs, input => Assert.True(input.grad!.isfinite().all().item<bool>()));
    }

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(1, float.NaN)]
    [InlineData(2, float.NaN)]
    [InlineData(1, float.PositiveInfinity)]
    public void Of_NotANumber_ShowsInItsImageOnly(int input, float value)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [.. Enumerable.Range(1, 3).Select(index => Normal(index, 2, 69, 16))];
        inputs[input][1, 7, 3] = value;
        Array.ForEach(inputs, one => one.requires_grad_());
        Tensor y = AttentionProducts.Of(inputs[0], inputs[1], inputs[2], Scale);
        y.backward([ones_like(y)]);
        Assert.False(y[1].isfinite().all().item<bool>());
        Assert.Contains(inputs, one => !one.grad![1].isfinite().all().item<bool>());
        Assert.True(y[0].isfinite().all().item<bool>());
        Assert.All(inputs, one => Assert.True(one.grad![0].isfinite().all().item<bool>()));
    }

    [Theory]
    [InlineData(64, 16, Precision.Float32, true)]
    [InlineData(63, 16, Precision.Float32, false)]
    [InlineData(64, 24, Precision.Float32, false)]
    [InlineData(64, 16, Precision.Bf16, false)]
    public void Fits_SizeAndPrecision_LeavesTheRestToLibtorch(int pixels, int channels, Precision precision, bool fits)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inForce = MixedPrecision.Use(precision);
        Assert.Equal(fits && Vectors.AreFast, AttentionProducts.Fits(zeros(2, pixels, channels)));
        Assert.False(AttentionProducts.Fits(zeros([2, pixels, channels], float64)));
    }

    // The same layer in double precision has no kernel to take.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AttentionLayers_ManyPixels_AreWhatLibtorchComputes(bool hasHeads)
    {
        using DisposeScope scope = NewDisposeScope();
        LayerPlan plan = new(new Initializer(3), Groups: 8, DropoutRate: 0, new DropoutContext(0), TimeWidth: 1);
        using nn.Module<Tensor, Tensor> layer = hasHeads ? new MultiHeadAttention(plan, 64, 2) : new AttentionBlock(plan, 64);
        using IDisposable quiet = no_grad();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in layer.named_parameters())
            parameter.copy_(0.1f * Normal(name.Length, parameter.shape));
        Tensor x = Normal(9, 2, 64, 8, 9);
        Tensor y = layer.call(x);
        layer.to(float64);
        AssertNear(layer.call(x.to(float64)), y, 1e-5);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1e-4f)]
    [InlineData(-0.5f)]
    [InlineData(-20.25f)]
    [InlineData(-86.9f)]
    [InlineData(86.9f)]
    public void Exponential_AnyNumber_IsItsExponential(float x)
    {
        Assert.Equal(1, Exponential.Of(Lanes16.Of(x)).Most() / Math.Exp(x), 2e-7);
        Assert.Equal(1, Exponential.Of(Lanes8.Of(x)).Most() / Math.Exp(x), 2e-7);
    }

    private static Tensor Plain(Tensor[] inputs) =>
        bmm((Scale * bmm(inputs[0], inputs[1].transpose(1, 2))).softmax(-1), inputs[2]);
}
