using System.IO.Compression;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Quality;

namespace DdpmJobs.Model.Exchange;

/// <summary>Feature statistics as other programs for FID keep them: a <c>.npz</c> archive with <c>mu</c> and <c>sigma</c>. It does not say of how many samples. Needs no libtorch.</summary>
/// <remarks>mseitzer/pytorch-fid, fid_score.py; GaParmar/clean-fid and NVlabs/edm have the same names.</remarks>
public static class NumpyStatistics
{
    private const double LargestRatio = 1100; // what deflate can do: a covariance of zeros
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimensions">Dimensions that the features must have; null for any.</param>
    /// <returns>Without a count.</returns>
    /// <exception cref="InvalidDataException">It is damaged, of another kind or size, or its numbers cannot be statistics; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FeatureGaussian Read(string path, int? dimensions = null)
    {
        using (FileStream stream = File.OpenRead(path))
        {
            byte[] start = new byte[2];
            if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.AsSpan().SequenceEqual("PK"u8))
                throw Damaged(path, "it is no .npz, which begins as a zip archive");
        }

        using ZipParts parts = new(path, LargestRatio);
        NpyArray mean = Array("mu", FeatureStatistics.MostDimensions);
        if (mean.Shape.Count != 1 || mean.Shape[0] == 0)
            throw Damaged(path, $"its mu has the shape ({string.Join(", ", mean.Shape)}) instead of (D)");
        int size = mean.Shape[0];
        if (dimensions is int wanted && size != wanted)
            throw Damaged(path, $"its features have {size} dimensions instead of {wanted}");
        NpyArray covariance = Array("sigma", (long)size * size);
        if (!covariance.Shape.SequenceEqual([size, size]))
            throw Damaged(path, $"its sigma has the shape ({string.Join(", ", covariance.Shape)}) instead of ({size}, {size})");
        try
        {
            return new FeatureGaussian(mean.Values, covariance.Values, count: null);
        }
        catch (ArgumentException error)
        {
            throw Damaged(path, error.Message);
        }

        NpyArray Array(string name, long most)
        {
            ZipArchiveEntry entry = parts.Find($"{name}.npy")
                ?? throw Damaged(path, $"it holds no {name}; it has {string.Join(", ", parts.Entries.Take(8).Select(part => StateDict.Shown(part.FullName)))}");
            try
            {
                return NpyArray.Parse(parts.Unpack(entry, NpyArray.LongestHeader + sizeof(double) * most));
            }
            catch (FormatException error)
            {
                throw Damaged(path, $"its {name} {error.Message}");
            }
        }
    }

    /// <summary>Writes a file, replacing it atomically. The count is lost.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="statistics">What to write.</param>
    public static void Write(string path, FeatureGaussian statistics) => AtomicFile.Write(path, stream =>
    {
        using ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add("mu", new NpyArray([statistics.Dimensions], statistics.MeanValues));
        Add("sigma", new NpyArray([statistics.Dimensions, statistics.Dimensions], statistics.CovarianceValues));

        void Add(string name, NpyArray array)
        {
            ZipArchiveEntry entry = zip.CreateEntry($"{name}.npy", CompressionLevel.NoCompression);
            entry.LastWriteTime = NoTime;
            using Stream part = entry.Open();
            array.Write(part);
        }
    });

    private static InvalidDataException Damaged(string path, string what) => new($"{path} cannot be used: {what}.");
}
