using System.Buffers.Binary;

namespace DdpmJobs.Model.Datasets;

/// <summary>Divides images into training and test by their content, so that the same image is always on the same side and a new one moves no other.</summary>
internal static class HashSplit
{
    /// <summary>Which split an image belongs to.</summary>
    /// <param name="sha256">Of its content; its first 8 bytes, read as a fraction of 2^64, decide.</param>
    /// <param name="testFraction">Expected share of the test images, 0 to 1.</param>
    public static Split Of(ReadOnlySpan<byte> sha256, double testFraction)
        => BinaryPrimitives.ReadUInt64BigEndian(sha256) / Math.Pow(2, 64) < testFraction ? Split.Test : Split.Train;
}
