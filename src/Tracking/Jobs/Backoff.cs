using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DdpmJobs.Tracking.Jobs;

/// <summary>Time until the next try.</summary>
internal static class Backoff
{
    /// <summary>Full jitter over the doubled term: uniform between zero and min(first · 2^(n-1), max). The draw is a function of job and attempt, so it can be repeated.</summary>
    /// <remarks>M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015.</remarks>
    public static TimeSpan After(LeaseOptions options, Guid jobId, int attempts)
    {
        double term = Math.Min(options.FirstBackoff.TotalSeconds * Math.Pow(2, attempts - 1), options.MaxBackoff.TotalSeconds);
        Span<byte> seed = stackalloc byte[20];
        jobId.TryWriteBytes(seed);
        BinaryPrimitives.WriteInt32LittleEndian(seed[16..], attempts);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, hash);
        double uniform = BinaryPrimitives.ReadUInt64LittleEndian(hash) / (double)ulong.MaxValue;
        return TimeSpan.FromSeconds(term * uniform);
    }
}
