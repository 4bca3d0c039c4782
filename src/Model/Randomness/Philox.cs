namespace DdpmJobs.Model.Randomness;

/// <summary>The block function Philox4x32-10: 128 random bits as a pure function of a 128-bit counter and a 64-bit key.</summary>
/// <remarks>J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.</remarks>
internal static class Philox
{
    // The multipliers and Weyl increments of the paper, table 2 and section 3.3.
    internal const ulong Multiplier0 = 0xD2511F53;
    internal const ulong Multiplier1 = 0xCD9E8D57;
    internal const uint Weyl0 = 0x9E3779B9;
    internal const uint Weyl1 = 0xBB67AE85;
    internal const int Rounds = 10;

    /// <summary>Four random words.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = Multiplier0 * c0;
            ulong product1 = Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 = unchecked(k0 + Weyl0);
            k1 = unchecked(k1 + Weyl1);
        }

        return (c0, c1, c2, c3);
    }
}
