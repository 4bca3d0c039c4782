using DdpmJobs.Model.Datasets;

namespace DdpmJobs.Model.Tests.Datasets;

/// <summary>What every data set keeps to.</summary>
public sealed class DatasetTests
{
    public static TheoryData<Type> Kinds => [.. typeof(Dataset).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Dataset)) && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Load_EmptyDataFolder_NamesTheFolderUnlessTheSetIsShipped(Type kind)
    {
        using DataFolder data = new();
        Dataset dataset = Example(kind);
        Assert.InRange(dataset.Levels, 2, 256);
        Assert.Contains(dataset.Shape.C, (int[])[1, 3]);
        foreach (Split split in Enum.GetValues<Split>())
        {
            if (kind == typeof(Optdigits))
                Assert.Equal(dataset.Shape, dataset.Load(split, data.Path).Shape);
            else
                Assert.StartsWith(data.Path, Assert.Throws<FileNotFoundException>(() => dataset.Load(split, data.Path)).Message, StringComparison.Ordinal);
        }
    }

    // Those that need a name get one.
    private static Dataset Example(Type kind) =>
        kind == typeof(ImageFolder) ? new ImageFolder { Folder = "none" }
        : kind == typeof(PackedTiles) ? new PackedTiles { File = "none" }
        : (Dataset)Activator.CreateInstance(kind)!;
}
