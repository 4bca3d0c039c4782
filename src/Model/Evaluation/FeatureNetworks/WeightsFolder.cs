using System.Security.Cryptography;
using DdpmJobs.Model.Exchange;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>The folder in which published weights lie, and what is checked before they are used.</summary>
/// <param name="path">The folder; it need not be there yet.</param>
public sealed class WeightsFolder(string path)
{
    /// <summary>The folder where none is named.</summary>
    public const string Default = "ddpm-data/weights";

    private const int Portion = 1 << 20;

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Where the published file of some weights belongs.</summary>
    public string PlaceOf(PublishedWeights weights) => System.IO.Path.Combine(Path, weights.FileName);

    /// <summary>The file or copy of weights that is there; null when neither is. It is not checked yet.</summary>
    public string? Find(PublishedWeights weights)
    {
        string[] places = [PlaceOf(weights), .. weights.CopyName is string copy ? [System.IO.Path.Combine(Path, copy)] : Array.Empty<string>()];
        return places.FirstOrDefault(File.Exists);
    }

    /// <summary>The same for a network that is about to be opened.</summary>
    /// <param name="network">Its name.</param>
    /// <exception cref="ArgumentException">No weights are published under that name.</exception>
    /// <exception cref="FileNotFoundException">They are not there; the message says how to get them.</exception>
    public string Require(string network)
    {
        PublishedWeights weights = PublishedWeights.Find(network) ?? throw new ArgumentException(
            $"There are no weights of \"{network}\"; there are those of {string.Join(", ", PublishedWeights.All.Select(known => known.Network))}.", nameof(network));
        return Find(weights) ?? throw new FileNotFoundException(
            $"{PlaceOf(weights)}: there is no such file; get it by `ddpm weights add {network}`, or from {weights.Url} and then by `ddpm weights add FILE`.", PlaceOf(weights));
    }

    /// <summary>Checks that a file is what its authors published, or a copy of the same tensors.</summary>
    /// <param name="weights">What it must be.</param>
    /// <param name="file">Where it lies.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidDataException">It is another file, or was cut or altered; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static void Verify(PublishedWeights weights, string file, CancellationToken stop)
    {
        if (IsCopy(weights, file))
        {
            using StateDict copy = StateDict.Open(file);
            InceptionFile.Verify(copy, stop);
            return;
        }

        long length = new FileInfo(file).Length;
        if (length != weights.Length)
            throw Refused(weights, file, $"it has {length} bytes instead of {weights.Length}; it was cut short or is another file");
        string hash = HashOf(file, stop);
        if (hash != weights.Sha256)
            throw Refused(weights, file, $"its SHA-256 is {hash} instead of {weights.Sha256}; it was altered or is another file");
    }

    /// <summary>Finds out which weights a file holds, and checks it.</summary>
    /// <param name="file">Any path.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The weights, and the name that the file has in the folder.</returns>
    /// <exception cref="InvalidDataException">It holds none that are known; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static (PublishedWeights Weights, string Name) Recognise(string file, CancellationToken stop)
    {
        // A copy of the tensors has whatever length its header gives it.
        PublishedWeights inception = PublishedWeights.Find(InceptionNetwork.PublishedName)!;
        if (IsCopy(inception, file))
        {
            Verify(inception, file, stop);
            return (inception, inception.CopyName!);
        }

        long length = new FileInfo(file).Length;
        string hash = HashOf(file, stop);
        PublishedWeights? known = PublishedWeights.All.FirstOrDefault(weights => weights.Sha256 == hash);
        if (known is not null)
            return (known, known.FileName);

        // Its name says what it was meant to be.
        if (PublishedWeights.All.FirstOrDefault(weights => weights.FileName == System.IO.Path.GetFileName(file)) is PublishedWeights meant)
            Verify(meant, file, stop);
        throw new InvalidDataException($"{file} cannot be used: its {length} bytes with SHA-256 {hash} are none of the known weights, {string.Join(", ", PublishedWeights.All.Select(weights => weights.FileName))}.");
    }

    // A safetensors file is a length of eight bytes and then an object of JSON.
    private static bool IsCopy(PublishedWeights weights, string file)
    {
        if (weights.CopyName is null)
            return false;
        Span<byte> start = stackalloc byte[sizeof(long) + 1];
        using FileStream stream = File.OpenRead(file);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[^1] == (byte)'{';
    }

    private static InvalidDataException Refused(PublishedWeights weights, string file, string what) => new($"{file} cannot be used as the weights of {weights.Network}: {what}.");

    private static string HashOf(string file, CancellationToken stop)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] portion = new byte[Portion];
        for (int read = stream.Read(portion); read > 0; read = stream.Read(portion))
        {
            stop.ThrowIfCancellationRequested();
            hash.AppendData(portion, 0, read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
