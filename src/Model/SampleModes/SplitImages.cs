using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Sampling;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.SampleModes;

/// <summary>What modes that begin from images of the data share.</summary>
internal static class SplitImages
{
    /// <summary>Images as bytes, whatever their levels.</summary>
    /// <returns>(n, C, H, W), row-major.</returns>
    public static byte[] Bytes(ImageSet set, int[] indices)
    {
        using DisposeScope scope = NewDisposeScope();
        return SampleWriter.Quantise(set.Batch(indices));
    }

    /// <summary>Throws when a split has too few images.</summary>
    /// <param name="last">The largest number asked for.</param>
    /// <param name="count">Images of the split.</param>
    /// <param name="split">Its name.</param>
    /// <param name="data">Name of the data set.</param>
    /// <param name="path">What in the run asks for it.</param>
    /// <exception cref="SpecException">With both numbers.</exception>
    public static void Require(int last, int count, string split, string data, string path)
    {
        if (last >= count)
            throw new SpecException(path, $"asks for image {last} (from 0), but the {split} split of {data} has {count}");
    }

    /// <summary>What the samples' file says of images that were begun from.</summary>
    /// <param name="context">Whether the network was told their labels.</param>
    /// <param name="set">The images.</param>
    /// <param name="split">Name of their split.</param>
    public static Dictionary<string, string> Metadata(SampleContext context, ImageSet set, string split)
    {
        Dictionary<string, string> metadata = new() { ["split"] = split, ["data_hash"] = set.ContentHash };
        if (context.LabelCount > 0)
            metadata["classes"] = "those of the images";
        return metadata;
    }

    /// <summary>Throws when labels are chosen for images that have their own.</summary>
    /// <exception cref="SpecException">sampling.classes is given.</exception>
    public static void RequireNoClasses(RunSpec run, string path)
    {
        if (run.Sampling.Classes is { } classes)
        {
            throw new SpecException("sampling.classes",
                $"is {string.Join(", ", classes)}, but the mode {Kinds.NameOf(run.Sampling.Mode)} begins from images, which have their own labels; leave it out");
        }
    }
}
