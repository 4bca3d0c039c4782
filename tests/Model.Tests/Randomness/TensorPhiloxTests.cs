using DdpmJobs.Model.Randomness;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Randomness;

public sealed class TensorPhiloxTests
{
    [Theory]
    [InlineData(0, 0, 0, 0L, 1)]
    [InlineData(-1, 72057594037927935, 4294967295, 0L, 100)]
    [InlineData(7, 3, 2, 999L, 257)]
    [InlineData(0x1122334455667788, 0x00aabbccddeeff01, 0x99887766, 4294967295 - 3, 4)]
    public void Words_AnyAddress_AreThoseOfTheBlockFunction(long seed, long index, long part, long firstBlock, int blocks)
    {
        using Tensor words = TensorPhilox.Words(new RandomStream(seed, RandomPurpose.Dropout, index, part), firstBlock, blocks, CPU);
        Assert.Equal([blocks, 4], words.shape);
        long[] values = words.data<long>().ToArray();
        for (int i = 0; i < blocks; i++)
        {
            (uint w0, uint w1, uint w2, uint w3) = Philox.Block(
                (uint)(firstBlock + i), (uint)part, (uint)index, (uint)(index >> 32) | ((uint)RandomPurpose.Dropout << 24), (uint)seed, (uint)(seed >> 32));
            Assert.Equal([w0, w1, w2, w3], values[(4 * i)..(4 * i + 4)]);
        }
    }

    [Fact]
    public void Words_BeyondTheStream_AreRefused()
        => Assert.Throws<ArgumentOutOfRangeException>(() => TensorPhilox.Words(new RandomStream(0, RandomPurpose.Dropout, 0), 1L << 32, 1, CPU));

    [Fact]
    public void FillUInt32_FromABlock_IsTheRestOfTheStream()
    {
        RandomStream stream = new(7, RandomPurpose.Dropout, 3, 2);
        uint[] all = new uint[23];
        uint[] rest = new uint[15];
        stream.FillUInt32(all);
        stream.FillUInt32(rest, firstBlock: 2);
        Assert.Equal(all[8..], rest);
    }
}
