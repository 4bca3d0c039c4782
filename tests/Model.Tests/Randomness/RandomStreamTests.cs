using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Tests.Randomness;

public sealed class RandomStreamTests
{
    // The known answers of Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)]
    [InlineData(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)]
    [InlineData(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1)]
    public void Block_KnownCounterAndKey_GivesPublishedWords(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint w0, uint w1, uint w2, uint w3)
        => Assert.Equal((w0, w1, w2, w3), Philox.Block(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void FillUInt32_AnyAddress_LaysSeedAndAddressSideBySide()
    {
        uint[] words = new uint[4];
        new RandomStream(0x1122334455667788, RandomPurpose.Noise, 0x00aabbccddeeff01, 0x99887766).FillUInt32(words);

        (uint, uint, uint, uint) expected = Philox.Block(0, 0x99887766, 0xddeeff01, 0x05aabbcc, 0x55667788, 0x11223344);
        Assert.Equal(expected, (words[0], words[1], words[2], words[3]));
    }

    [Fact]
    public void Fill_ShorterSpan_IsPrefixOfLonger()
    {
        RandomStream stream = new(7, RandomPurpose.Noise, 3, 2);
        float[] all = new float[11];
        uint[] words = new uint[11];
        stream.FillNormal(all);
        stream.FillUInt32(words);
        for (int length = 0; length < 11; length++)
        {
            float[] some = new float[length];
            uint[] someWords = new uint[length];
            stream.FillNormal(some);
            stream.FillUInt32(someWords);
            Assert.Equal(all[..length], some);
            Assert.Equal(words[..length], someWords);
        }
    }

    [Fact]
    public void UInt64_EachPosition_IsTwoWordsOfTheStream()
    {
        RandomStream stream = new(1, RandomPurpose.Timestep, 9);
        uint[] words = new uint[8];
        stream.FillUInt32(words);
        for (int i = 0; i < 4; i++)
            Assert.Equal(words[2 * i] | ((ulong)words[2 * i + 1] << 32), stream.UInt64(i));
    }

    [Fact]
    public void Streams_DifferingInOneCoordinate_ShareNoWord()
    {
        RandomStream[] streams =
        [
            new(1, RandomPurpose.Noise, 0), new(2, RandomPurpose.Noise, 0), new(1, RandomPurpose.Flip, 0),
            new(1, RandomPurpose.Noise, 1), new(1, RandomPurpose.Noise, 0, 1),
        ];
        HashSet<ulong> seen = [];
        foreach (RandomStream stream in streams)
        {
            for (int i = 0; i < 1000; i++)
                Assert.True(seen.Add(stream.UInt64(i)));
        }
    }

    [Fact]
    public void FillNormal_ManyNumbers_HasMomentsOfStandardNormal()
    {
        float[] numbers = new float[1_000_000];
        new RandomStream(0, RandomPurpose.Noise, 0).FillNormal(numbers);

        // Five standard errors of each moment.
        Assert.InRange(numbers.Average(x => (double)x), -0.005, 0.005);
        Assert.InRange(numbers.Average(x => (double)x * x), 1 - 0.0071, 1 + 0.0071);
        Assert.InRange(numbers.Average(x => Math.Pow(x, 3)), -0.0194, 0.0194);
        Assert.InRange(numbers.Average(x => Math.Pow(x, 4)), 3 - 0.049, 3 + 0.049);
        Assert.InRange(numbers.Where((_, i) => i % 2 == 0).Zip(numbers.Where((_, i) => i % 2 == 1), (a, b) => (double)a * b).Average(), -0.0071, 0.0071);
    }

    [Fact]
    public void FillUniform_ManyNumbers_FillsTenBinsEvenly()
    {
        double[] numbers = new double[100_000];
        new RandomStream(5, RandomPurpose.Initialization, 0).FillUniform(numbers);
        double chiSquare = numbers.GroupBy(x => (int)(x * 10)).Sum(bin => Math.Pow(bin.Count() - 10_000, 2) / 10_000);
        Assert.All(numbers, x => Assert.InRange(x, 0, Math.BitDecrement(1.0)));
        Assert.InRange(chiSquare, 0.5, 33.7); // 9 degrees of freedom: p of 0.0001 on each side
    }

    [Fact]
    public void Permutation_AllOrdersOfThree_AreEquallyLikely()
    {
        Dictionary<string, int> counts = [];
        for (int i = 0; i < 6000; i++)
        {
            string order = string.Join("", new RandomStream(3, RandomPurpose.DataOrder, i).Permutation(3));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150)); // five standard deviations
        Assert.Equal(Enumerable.Range(0, 1000), new RandomStream(3, RandomPurpose.DataOrder, 0).Permutation(1000).Order());
    }

    [Fact]
    public void Constructor_AddressOutsideCounter_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(0, RandomPurpose.Noise, 1L << 56));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(0, RandomPurpose.Noise, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomStream(0, RandomPurpose.Noise, 0, 1L << 32));
    }
}
