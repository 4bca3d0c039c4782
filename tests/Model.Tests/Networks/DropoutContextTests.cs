using DdpmJobs.Model.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Networks;

public sealed class DropoutContextTests
{
    [Theory]
    [InlineData(6, 3, 5, 7)]
    [InlineData(4, 1, 1, 1)]
    [InlineData(6, 4, 2, 2)]
    public void Mask_OfAPart_IsTheRowsOfTheWholeMask(long rows, long channels, long height, long width)
    {
        using DisposeScope scope = NewDisposeScope();
        DropoutContext context = new(9) { Step = 12 };
        Tensor whole = context.Mask([rows, channels, height, width], 0.4, 2, CPU);
        foreach (long part in (long[])[1, 2])
        {
            for (long first = 0; first < rows; first += part)
            {
                context.FirstRow = first;
                Tensor mask = context.Mask([part, channels, height, width], 0.4, 2, CPU);
                Assert.True(mask.equal(whole.narrow(0, first, part)).all().item<bool>());
            }
        }
    }

    [Theory]
    [InlineData(0.1, 0)]
    [InlineData(0.5, 1)]
    [InlineData(0.99, 5)]
    public void MaskOnDevice_AnyShapeAndPart_IsThatOfTheHostBitForBit(double rate, long firstRow)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (long[] shape in (long[][])[[1, 1, 1, 1], [1, 7, 1, 1], [8, 1, 1, 1], [3, 1, 1, 1], [2, 3, 5, 7], [5, 4, 8, 8], [3, 257, 1, 1]])
        {
            DropoutContext context = new(-3) { Step = 1_000_000, FirstRow = firstRow };
            Tensor host = context.Mask(shape, rate, 31, CPU);
            Tensor device = context.MaskOnDevice(shape, rate, 31, CPU);
            Assert.Equal(shape, device.shape);
            Assert.Equal(ScalarType.Float32, device.dtype);
            Assert.Equal(host.data<float>().ToArray(), device.data<float>().ToArray());
        }
    }

    [Fact]
    public void Mask_OfADeviceThatIsNotTheCpu_IsMadeThere()
    {
        using Tensor mask = new DropoutContext(1).Mask([4, 3, 2, 2], 0.5, 0, META);
        Assert.True(mask.is_meta);
        Assert.Equal([4, 3, 2, 2], mask.shape);
    }

    [Fact]
    public void Mask_ManyElements_KeepsTheirShareAndTheMean()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mask = new DropoutContext(4).Mask([100, 10, 10, 10], 0.1, 0, CPU);
        Assert.InRange(mask.eq(0).sum().item<long>(), 9500, 10500); // five standard deviations
        Assert.InRange(mask.mean().item<float>(), 0.994, 1.006);
        Assert.False(mask.equal(new DropoutContext(4).Mask([100, 10, 10, 10], 0.1, 1, CPU)).all().item<bool>());
    }
}
