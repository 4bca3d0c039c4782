using System.Security.Cryptography;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Quality;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>The folder of feature statistics: those of data sets, computed once, and those brought in from elsewhere under their SHA-256. The classifiers trained here are beside them.</summary>
/// <param name="path">The folder; it need not be there yet.</param>
public sealed class StatisticsFolder(string path)
{
    /// <summary>The folder where none is named.</summary>
    public const string Default = "ddpm-data/statistics";

    /// <summary>What ends the name of a file that keeps single features.</summary>
    public const string FeaturesEnd = "-features.safetensors";

    private const string NumpyEnd = ".npz";
    private const string OwnEnd = ".safetensors";

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>All files of statistics, in order of name.</summary>
    public IReadOnlyList<string> Files => Directory.Exists(Path)
        ? [.. Directory.EnumerateFiles(Path).Where(file => IsStatistics(System.IO.Path.GetFileName(file))).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Reads a file of statistics of either format.</summary>
    /// <returns>Mean and covariance, and the origin where the file knows it.</returns>
    /// <exception cref="InvalidDataException">It is damaged or another file; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static (FeatureGaussian Gaussian, FeatureOrigin? Origin) Read(string file)
    {
        if (!file.EndsWith(NumpyEnd, StringComparison.OrdinalIgnoreCase))
        {
            FeatureShard shard = FeatureShard.Read(file);
            return shard.Statistics.Count > 1
                ? (shard.Statistics.Gaussian(), shard.Origin)
                : throw new InvalidDataException($"{file} cannot be used: it has statistics of one image, which have no covariance.");
        }

        return (NumpyStatistics.Read(file), null);
    }

    /// <summary>Copies a file in after reading it as a whole.</summary>
    /// <param name="file">A .npz with mu and sigma, or a .safetensors of this program.</param>
    /// <returns>Its SHA-256 in lower-case hexadecimal, by which a spec refers to it, and where it lies.</returns>
    /// <exception cref="InvalidDataException">It is neither; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public (string Sha256, string Place) Add(string file)
    {
        Read(file);
        byte[] content = File.ReadAllBytes(file);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        string place = PlaceOf(sha256, file.EndsWith(NumpyEnd, StringComparison.OrdinalIgnoreCase) ? NumpyEnd : OwnEnd);
        Directory.CreateDirectory(Path);
        AtomicFile.Write(place, stream => stream.Write(content));
        return (sha256, place);
    }

    /// <summary>The file of a SHA-256, checked.</summary>
    /// <exception cref="FileNotFoundException">It is not there; the message says how to bring it in.</exception>
    /// <exception cref="InvalidDataException">It was altered.</exception>
    public string Require(string sha256)
    {
        // A file that was computed here has a name of its own.
        string? found = new[] { PlaceOf(sha256, NumpyEnd), PlaceOf(sha256, OwnEnd) }.FirstOrDefault(File.Exists) ?? Files.FirstOrDefault(file => HashOf(file) == sha256);
        if (found is null)
        {
            throw new FileNotFoundException(
                $"{Path}: there are no statistics with the SHA-256 {sha256} here; bring them in by `ddpm statistics add FILE`.", PlaceOf(sha256, NumpyEnd));
        }

        string hash = HashOf(found);
        return hash == sha256 ? found : throw new InvalidDataException($"{found} cannot be used: its SHA-256 is {hash}; it was altered.");
    }

    /// <summary>SHA-256 of a file in lower-case hexadecimal.</summary>
    public static string HashOf(string file) => FileHash.Of(file);

    private string PlaceOf(string sha256, string end) => System.IO.Path.Combine(Path, sha256 + end);

    private static bool IsStatistics(string name) =>
        !name.StartsWith(ClassifierRecipe.FileStart, StringComparison.Ordinal) && (name.EndsWith(NumpyEnd, StringComparison.Ordinal) || (name.EndsWith(OwnEnd, StringComparison.Ordinal) && !name.EndsWith(FeaturesEnd, StringComparison.Ordinal)));
}
