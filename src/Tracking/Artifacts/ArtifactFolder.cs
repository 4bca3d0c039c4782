using System.Security.Cryptography;
using DdpmJobs.Tracking.Storage;

namespace DdpmJobs.Tracking.Artifacts;

/// <summary>The folder of contents: <c>ab/cdef…</c> by SHA-256, and <c>tmp</c> for what is being written.</summary>
internal sealed class ArtifactFolder(string folder)
{
    private const int CopyBuffer = 1 << 20;
    private const int HashLength = 64;

    private string Temporary => Path.Combine(folder, "tmp");

    /// <summary>The path of a content, whether it is there or not.</summary>
    public string PathOf(string sha256)
    {
        if (sha256.Length != HashLength || !sha256.All(char.IsAsciiHexDigitLower))
            throw new ArgumentException($"'{sha256}' is not a SHA-256 in lower-case hexadecimal.", nameof(sha256));
        return Path.Combine(folder, sha256[..2], sha256[2..]);
    }

    /// <summary>Copies a file in, as the other overload.</summary>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<(string Sha256, long Bytes)> PutAsync(string file, CancellationToken cancel)
    {
        await using FileStream source = File.OpenRead(file);
        return await PutAsync(source, cancel);
    }

    /// <summary>Copies a content in: temporary name, hash, sync, rename. A content that is there already is kept.</summary>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public async Task<(string Sha256, long Bytes)> PutAsync(Stream source, CancellationToken cancel)
    {
        string temporary = Path.Combine(Temporary, Guid.CreateVersion7().ToString("N"));
        try
        {
            Directory.CreateDirectory(Temporary);
            (string sha256, long bytes) = await CopyAsync(source, temporary, cancel);
            string target = PathOf(sha256);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(temporary, target, overwrite: true);
            return (sha256, bytes);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException and not FileNotFoundException)
        {
            throw new StoreUnavailableException(
                $"The artifact folder {Path.GetFullPath(folder)} cannot be written: {error.Message} Give this user write access and space there, or name another folder (DDPM__Artifacts__Folder).", error);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }

    /// <summary>Whether a content is there, whole and unaltered.</summary>
    public async Task<bool> IsSoundAsync(string sha256, CancellationToken cancel)
    {
        if (!Contains(sha256))
            return false;
        await using FileStream stream = File.OpenRead(PathOf(sha256));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel)) == sha256;
    }

    /// <summary>Whether a content is there; its bytes are not looked at.</summary>
    public bool Contains(string sha256) => File.Exists(PathOf(sha256));

    /// <summary>Deletes a content, if it is there.</summary>
    public void Delete(string sha256)
    {
        if (Contains(sha256))
            File.Delete(PathOf(sha256));
    }

    /// <summary>Deletes what a killed process left half-written.</summary>
    public void DeleteTemporariesBefore(DateTime utc)
    {
        if (!Directory.Exists(Temporary))
            return;
        foreach (string file in Directory.EnumerateFiles(Temporary))
        {
            if (File.GetLastWriteTimeUtc(file) < utc)
                File.Delete(file);
        }
    }

    private static async Task<(string Sha256, long Bytes)> CopyAsync(Stream source, string to, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream target = new(to, FileMode.CreateNew, FileAccess.Write);
        byte[] buffer = new byte[CopyBuffer];
        int read;
        while ((read = await source.ReadAsync(buffer, cancel)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), cancel);
        }

        target.Flush(flushToDisk: true);
        return (Convert.ToHexStringLower(hash.GetHashAndReset()), target.Length);
    }
}
