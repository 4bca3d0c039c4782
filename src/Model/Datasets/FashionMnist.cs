using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Datasets;

/// <summary>Articles of clothing in the format of MNIST: 60,000 to train on and 10,000 to test on, from <c>fashion_mnist/</c> in the data folder.</summary>
/// <remarks>A file that is cut short is refused by its header, a damaged .gz by its checksum; what else was altered shows only in the content hash.</remarks>
[Kind("fashion_mnist", Summary = "articles of clothing, 28 x 28 pixels, 60,000 + 10,000 images; from fashion_mnist/ in the data folder (IDX files, plain or .gz)",
    Source = "Xiao, Rasul and Vollgraf 2017 (arXiv:1708.07747)")]
public sealed record FashionMnist : Dataset
{
    /// <inheritdoc/>
    public override (int C, int H, int W) Shape => (1, 28, 28);

    /// <inheritdoc/>
    public override int Levels => 256;

    /// <inheritdoc/>
    public override int? LabelCount => 10;

    /// <inheritdoc/>
    public override ImageSet Load(Split split, string? dataFolder) =>
        IdxFile.Load(new DataFiles(dataFolder, "fashion_mnist"), split, new Dictionary<string, PublishedFile>());
}
