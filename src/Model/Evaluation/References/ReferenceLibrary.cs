using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Evaluation.FeatureSpaces;
using DdpmJobs.Model.Evaluation.Samples;
using DdpmJobs.Model.Quality;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Evaluation.References;

/// <summary>Gives the features of true images, computed once for a network, its preprocessing and the images, and kept as files.</summary>
internal sealed class ReferenceLibrary
{
    private const int BatchSize = 256;
    private const string FeaturesFormat = "ddpmjobs.features/1";

    /// <summary>Where files are kept.</summary>
    public required StatisticsFolder Folder { get; init; }

    /// <summary>Files that all runners share; null where there is only this one.</summary>
    public ISharedFiles? Shared { get; init; }

    /// <summary>Name of the data set.</summary>
    public required string Data { get; init; }

    /// <summary>The images of a split.</summary>
    public required Func<Split, ImageSet> Images { get; init; }

    /// <summary>Called with a sentence on what whoever looks at the values should know.</summary>
    public required Action<string> Warn { get; init; }

    /// <summary>Called with the number of images that a network was just asked about; must return at once.</summary>
    public Action<int>? Evaluated { get; init; }

    /// <summary>Ends the work with <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>How many images a network must be asked about before the features are at hand.</summary>
    public long Missing(ReferenceImages reference, FeatureSpace space, FeatureNetwork network, bool features)
    {
        if (reference is not SplitReference split)
            return 0;
        FeatureOrigin origin = OriginOf(split, space, network);
        return Place(origin, features: false) is not null && (!features || Place(origin, features: true) is not null) ? 0 : origin.Samples.Count;
    }

    /// <summary>Has what is missing computed, all of it in one pass over the images.</summary>
    /// <param name="reference">The images.</param>
    /// <param name="space">How they are looked at.</param>
    /// <param name="network">By which network.</param>
    /// <param name="features">Whether the features themselves are wanted, and not statistics only.</param>
    /// <returns>Whether there are images, and not statistics only.</returns>
    public bool Prepare(ReferenceImages reference, FeatureSpace space, FeatureNetwork network, bool features) =>
        reference is SplitReference split && Required(OriginOf(split, space, network), split, space, network, features, _ => true);

    /// <summary>Mean and covariance of true images.</summary>
    /// <returns>With what the protocol says of them.</returns>
    /// <exception cref="SpecException">The file is of another network, or of another size; the path is relative to the metric.</exception>
    public (FeatureGaussian Gaussian, JsonObject Protocol) Statistics(ReferenceImages reference, FeatureSpace space, FeatureNetwork network) => reference switch
    {
        SplitReference split => OfSplit(split, space, network),
        FileReference file => OfFile(file, space, network),
        _ => throw new InvalidOperationException($"{reference.GetType()} is no reference that is known."),
    };

    /// <summary>The features of true images themselves.</summary>
    /// <returns>(M, D) float32 on the CPU, outside every dispose scope; the caller disposes it. With what the protocol says of them.</returns>
    public (Tensor Features, JsonObject Protocol) Features(SplitReference reference, FeatureSpace space, FeatureNetwork network)
    {
        FeatureOrigin origin = OriginOf(reference, space, network);
        return (Required(origin, reference, space, network, features: true, file => ReadFeatures(file, origin, network.Dimensions)), ProtocolOf(reference, origin));
    }

    private (FeatureGaussian Gaussian, JsonObject Protocol) OfSplit(SplitReference reference, FeatureSpace space, FeatureNetwork network)
    {
        FeatureOrigin origin = OriginOf(reference, space, network);
        return (Required(origin, reference, space, network, features: false, file => ReadStatistics(file, origin)).Gaussian(), ProtocolOf(reference, origin));
    }

    private (FeatureGaussian Gaussian, JsonObject Protocol) OfFile(FileReference reference, FeatureSpace space, FeatureNetwork network)
    {
        (FeatureGaussian gaussian, FeatureOrigin? origin) = StatisticsFolder.Read(Folder.Require(reference.Sha256));
        if (gaussian.Dimensions != network.Dimensions)
            throw Another($"are of {gaussian.Dimensions} dimensions, but the features of {network.Name} have {network.Dimensions}");
        if (origin is not null && origin.NetworkSha256 != network.Hash)
            throw Another($"are of the network {origin.Network} with SHA-256 {origin.NetworkSha256}, not of {network.Name} with {network.Hash}");
        if (origin is not null && (origin.Scaling != network.Scaling || (origin.Resize.Length > 0 && space.Resizing is not null && origin.Resize != Kinds.NameOf(space.Resizing))))
            throw Another($"are of images resized by {origin.Resize} and scaled by {origin.Scaling}, not as here");
        JsonObject protocol = new() { ["file_sha256"] = reference.Sha256, ["images"] = gaussian.Count };
        if (origin is not null)
            (protocol["of"], protocol["data_hash"]) = (origin.Images, origin.DataHash);
        return (gaussian, protocol);

        SpecException Another(string what) => new("reference.sha256", $"the statistics {reference.Sha256[..12]} {what}");
    }

    private static JsonObject ProtocolOf(SplitReference reference, FeatureOrigin origin) =>
        new() { ["split"] = reference.SplitName, ["data_hash"] = origin.DataHash, ["images"] = origin.Samples.Count };

    private FeatureOrigin OriginOf(SplitReference reference, FeatureSpace space, FeatureNetwork network)
    {
        ImageSet images = Images(SplitName.Of(reference.SplitName));
        return new FeatureOrigin(
            network.Name, network.Hash, $"{Data} {reference.SplitName}", images.ContentHash, space.ResizingOf(images.Shape, network), network.Scaling, new SampleRanges(0, CountOf(reference, images)));
    }

    private static int CountOf(SplitReference reference, ImageSet images) =>
        reference.Images is null || reference.Images <= images.Count ? reference.Images ?? images.Count : throw new SpecException("reference.images", reference.TooMany(images.Count));

    private static string NameOf(FeatureOrigin origin, bool features)
    {
        string text = string.Join('\n', origin.NetworkSha256, origin.DataHash, origin.Resize, origin.Scaling, origin.Samples);
        string digits = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];
        string images = origin.Images.Replace(' ', '-');
        return string.Create(CultureInfo.InvariantCulture, $"{images}-{origin.Samples.Count}-{origin.Network}-{digits}{(features ? StatisticsFolder.FeaturesEnd : ".safetensors")}");
    }

    // The file of this machine, or that of another.
    private string? Place(FeatureOrigin origin, bool features)
    {
        string name = NameOf(origin, features);
        string mine = Path.Combine(Folder.Path, name);
        return File.Exists(mine) ? mine : Shared?.Find(name);
    }

    // Reads the file that is there; one that cannot be read is made anew.
    private T Required<T>(FeatureOrigin origin, SplitReference reference, FeatureSpace space, FeatureNetwork network, bool features, Func<string, T> read)
    {
        if (features && origin.Samples.Count > FeaturePart.MostKept)
            throw new SpecException("reference.images", $"must be at most {FeaturePart.MostKept} where features are kept; the {reference.SplitName} split has {origin.Samples.Count}");
        Directory.CreateDirectory(Folder.Path);
        using FileStream held = FileHold.Take(Path.Combine(Folder.Path, $".{NameOf(origin, features: false)}.lock"), Stop);
        if (Place(origin, features) is string there)
        {
            try
            {
                return read(there);
            }
            catch (InvalidDataException damage)
            {
                Warn($"{damage.Message} It is computed anew.");
            }
        }

        Compute(origin, reference, space, network, features);
        return read(Path.Combine(Folder.Path, NameOf(origin, features)));
    }

    private static FeatureStatistics ReadStatistics(string file, FeatureOrigin origin)
    {
        FeatureShard shard = FeatureShard.Read(file);
        return shard.Origin with { Samples = origin.Samples } == origin && shard.Origin.Samples.ToString() == origin.Samples.ToString()
            ? shard.Statistics
            : throw new InvalidDataException($"{file} cannot be used: it is of {shard.Origin.Images} {shard.Origin.Samples}, network {shard.Origin.NetworkSha256}.");
    }

    private void Compute(FeatureOrigin origin, SplitReference reference, FeatureSpace space, FeatureNetwork network, bool features)
    {
        ImageSet images = Images(SplitName.Of(reference.SplitName));
        int count = (int)origin.Samples.Count;
        using FeatureTally tally = new(network.Dimensions);
        float[] kept = features ? new float[(long)count * network.Dimensions] : [];
        foreach (int[] batch in Enumerable.Range(0, count).Chunk(BatchSize))
        {
            Stop.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            using FeatureOutputs outputs = network.Of(space.Fit(PixelLevels.Of(images.Batch(batch)), network), Stop);
            using Tensor found = outputs.Features.cpu();
            tally.Add(found);
            if (features)
                found.data<float>().CopyTo(kept.AsSpan(batch[0] * network.Dimensions, batch.Length * network.Dimensions));
            Evaluated?.Invoke(batch.Length);
        }

        Keep(NameOf(origin, features: false), file => new FeatureShard(tally.Statistics(), origin).Write(file));
        if (features)
            Keep(NameOf(origin, features: true), file => WriteFeatures(file, origin, kept, network.Dimensions));
    }

    private void Keep(string name, Action<string> write)
    {
        string file = Path.Combine(Folder.Path, name);
        write(file);
        Shared?.Offer(name, file);
    }

    private static void WriteFeatures(string file, FeatureOrigin origin, float[] features, int dimensions) => Safetensors.Write(
        file,
        new Dictionary<string, string> { ["format"] = FeaturesFormat, ["network_sha256"] = origin.NetworkSha256, ["data_hash"] = origin.DataHash, ["samples"] = origin.Samples.ToString() },
        [new SafetensorContent("features", SafetensorType.F32, [features.Length / dimensions, dimensions], stream => stream.Write(MemoryMarshal.AsBytes(features.AsSpan())))]);

    private static Tensor ReadFeatures(string path, FeatureOrigin origin, int dimensions)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorEntry entry = file.Find("features", SafetensorType.F32);
        if (file.Metadata.GetValueOrDefault("format") != FeaturesFormat || file.Metadata.GetValueOrDefault("network_sha256") != origin.NetworkSha256
            || file.Metadata.GetValueOrDefault("data_hash") != origin.DataHash || file.Metadata.GetValueOrDefault("samples") != origin.Samples.ToString()
            || !entry.Shape.SequenceEqual([origin.Samples.Count, dimensions]))
        {
            throw file.Damaged($"it does not hold the features of {origin.Images} {origin.Samples} by the network {origin.NetworkSha256}");
        }

        return tensor(file.ReadAll<float>(entry), [origin.Samples.Count, dimensions]).DetachFromDisposeScope();
    }
}
