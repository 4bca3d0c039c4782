using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>Handwritten digits of 28 x 28 pixels: 60,000 to train on and 10,000 to test on, from <c>mnist/</c> in the data folder.</summary>
/// <remarks>Files of the published length must be the published ones; shorter or longer ones in the same format are taken as they are, and their content hash tells them apart.</remarks>
[Kind("mnist", Summary = "handwritten digits, 28 x 28 pixels, 60,000 + 10,000 images; from mnist/ in the data folder (IDX files, plain or .gz)",
    Source = "Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits")]
public sealed record Mnist : Dataset
{
    // SHA-256 of the four files, unpacked.
    private static readonly Dictionary<string, PublishedFile> Published = new()
    {
        ["train-images-idx3-ubyte"] = new(47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ["train-labels-idx1-ubyte"] = new(60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ["t10k-images-idx3-ubyte"] = new(7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ["t10k-labels-idx1-ubyte"] = new(10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    };

    /// <inheritdoc/>
    public override (int C, int H, int W) Shape => (1, 28, 28);

    /// <inheritdoc/>
    public override int Levels => 256;

    /// <inheritdoc/>
    public override int? LabelCount => 10;

    /// <inheritdoc/>
    public override ImageSet Load(Split split, string? dataFolder) => IdxFile.Load(new DataFiles(dataFolder, "mnist"), split, Published);
}
