using System.Security.Cryptography;

namespace DdpmJobs.Model.Checkpoints;

/// <summary>The identity of a file's content.</summary>
internal static class FileHash
{
    /// <summary>SHA-256 of a file in lower-case hexadecimal.</summary>
    public static string Of(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
