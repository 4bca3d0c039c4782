using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>One number for the weights of a network that no one publishes.</summary>
internal static class WeightHash
{
    /// <summary>SHA-256 over the tensors in ordinal order of their names: of each a line <c>NAME F32 [EXTENT, EXTENT]</c> in UTF-8, ended by a line feed, and its float32 elements, row-major and little-endian.</summary>
    /// <returns>Lower-case hexadecimal.</returns>
    public static string Of(IEnumerable<(string Name, long[] Shape, byte[] Bytes)> tensors)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, long[] shape, byte[] bytes) in tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} F32 [{string.Join(", ", shape)}]\n")));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
