using System.Runtime.Intrinsics.X86;
using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Tests.Randomness;

public sealed class PhiloxLanesTests
{
    private delegate int Filling(Span<uint> words, uint c0, uint c1, uint c2, uint c3, uint k0, uint k1);

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(1000)]
    public void FillByFour_AnyLength_IsTheBlocksOneByOne(int count)
    {
        Assert.SkipUnless(Avx2.IsSupported, "This processor has no AVX2.");
        AssertBlocks(PhiloxLanes.FillByFour, count, 16);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(1000)]
    public void FillByEight_AnyLength_IsTheBlocksOneByOne(int count)
    {
        Assert.SkipUnless(Avx512F.IsSupported, "This processor has no AVX-512.");
        AssertBlocks(PhiloxLanes.FillByEight, count, 32);
    }

    private static void AssertBlocks(Filling fill, int count, int group)
    {
        (uint c0, uint c1, uint c2, uint c3, uint k0, uint k1) = (0xFFFFFFF0, 0x85A308D3, 0xFFFFFFFF, 0x03707344, 0xA4093822, 0xFFFFFFFF);
        uint[] words = new uint[count];
        int filled = fill(words, c0, c1, c2, c3, k0, k1);
        Assert.Equal(count / group * group, filled);
        uint[] expected = [.. Enumerable.Range(0, filled / 4).SelectMany(block => Words(Philox.Block(unchecked(c0 + (uint)block), c1, c2, c3, k0, k1)))];
        Assert.Equal(expected, words[..filled]);
        Assert.All(words[filled..], word => Assert.Equal(0u, word));
    }

    private static uint[] Words((uint W0, uint W1, uint W2, uint W3) block) => [block.W0, block.W1, block.W2, block.W3];
}
