using DdpmJobs.Model.Datasets;

namespace DdpmJobs.Model.Tests.Datasets;

public sealed class Cifar10Tests : IDisposable
{
    private const int Record = 3073;
    private static readonly Cifar10 Small = new() { BatchImages = 2, TestImages = 3 };
    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public void Load_FiveBatches_AreJoinedInOrder()
    {
        WriteBatches();
        ImageSet images = Small.Load(Split.Train, _data.Path);
        Assert.Equal((10, (3, 32, 32)), (images.Count, images.Shape));
        Assert.Equal([1, 6, 2, 7, 3, 8, 4, 9, 5, 0], images.Labels);
        Assert.Equal(Batch(3)[(Record + 1)..], images.Pixels(5).ToArray());
    }

    [Fact]
    public void Load_TestSplit_IsTheTestBatch()
    {
        _data.Write("cifar10/test_batch.bin.gz", DataFolder.Pack([.. Batch(1), .. Batch(2)[..Record]]));
        Assert.Equal([1, 6, 2], Small.Load(Split.Test, _data.Path).Labels);
    }

    [Fact]
    public void Load_PackedFileOfTwoMembers_IsBothInOrder()
    {
        _data.Write("cifar10/test_batch.bin.gz", [.. DataFolder.Pack(Batch(1)), .. DataFolder.Pack(Batch(2)[..Record])]);
        Assert.Equal([1, 6, 2], Small.Load(Split.Test, _data.Path).Labels);
    }

    [Fact]
    public void Load_MissingBatch_IsNamed()
    {
        WriteBatches();
        File.Delete(Path.Combine(_data.Path, "cifar10", "data_batch_4.bin"));
        Assert.Contains("data_batch_4.bin: there is no such file", Assert.Throws<FileNotFoundException>(() => Small.Load(Split.Train, _data.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Record)]
    [InlineData(2 * Record - 1)]
    public void Load_BatchCutShort_IsRefusedAlsoBetweenTwoImages(int left)
    {
        WriteBatches();
        _data.Write("cifar10/data_batch_5.bin", Batch(5)[..left]);
        Assert.StartsWith("data_batch_5.bin: is cut short", Refusal(Small), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_ClassThatDoesNotExist_IsRefused()
    {
        WriteBatches();
        byte[] batch = Batch(2);
        batch[Record] = 10;
        _data.Write("cifar10/data_batch_2.bin", batch);
        Assert.Equal("data_batch_2.bin: image 1 has the class 10, not one from 0 to 9.", Refusal(Small));
    }

    [Fact]
    public void Load_BatchOfThePublishedLengthButOtherContent_IsRefused()
    {
        _data.Write("cifar10/data_batch_1.bin", new byte[10_000 * Record]);
        Assert.Contains("data_batch_1.bin: is another file than it should be, or was altered", Refusal(new Cifar10()), StringComparison.Ordinal);
    }

    private string Refusal(Cifar10 dataset) => Assert.Throws<InvalidDataException>(() => dataset.Load(Split.Train, _data.Path)).Message;

    private void WriteBatches()
    {
        for (int batch = 1; batch <= 5; batch++)
            _data.Write($"cifar10/data_batch_{batch}.bin", Batch(batch));
    }

    // Two images of the classes batch and (batch + 5) mod 10.
    private static byte[] Batch(int batch) => [(byte)batch, .. DataFolder.Pattern(Record - 1, batch), (byte)((batch + 5) % 10), .. DataFolder.Pattern(Record - 1, 100 * batch)];
}
