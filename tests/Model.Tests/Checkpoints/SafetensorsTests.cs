using System.Buffers.Binary;
using System.Text;
using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-safetensors-").FullName;

    private string File1 => Path.Combine(_folder, "a.safetensors");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void WriteTwo() => Safetensors.Write(File1, new Dictionary<string, string> { ["note"] = "häßlich \"quoted\"" },
    [
        new SafetensorContent("w", SafetensorType.F32, [2, 3], stream => stream.Write(new byte[24])),
        new SafetensorContent("images", SafetensorType.U8, [5], stream => stream.Write([1, 2, 3, 4, 5])),
    ]);

    [Fact]
    public void Open_WrittenFile_GivesTheSameBack()
    {
        WriteTwo();
        using SafetensorsFile file = SafetensorsFile.Open(File1);
        Assert.Equal("häßlich \"quoted\"", file.Metadata["note"]);
        Assert.Equal([2, 3], file.Entries["w"].Shape);
        byte[] bytes = new byte[5];
        file.Read(file.Find("images", SafetensorType.U8), bytes);
        Assert.Equal([1, 2, 3, 4, 5], bytes);
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(System.IO.File.ReadAllBytes(File1)) % 8);
        Assert.Equal([File1], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Open_FileCutAnywhere_IsRefusedByName()
    {
        WriteTwo();
        byte[] whole = System.IO.File.ReadAllBytes(File1);
        for (int length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File1, whole[..length]);
            InvalidDataException error = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(File1));
            Assert.Contains(File1, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_OneTensorBitAltered_IsRefused()
    {
        WriteTwo();
        byte[] bytes = System.IO.File.ReadAllBytes(File1);
        bytes[^3] ^= 1;
        System.IO.File.WriteAllBytes(File1, bytes);
        Assert.Contains("altered", Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(File1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "tensor b begins at byte 1 instead of 2")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 3, "its tensors take 2 bytes, but it holds 3")]
    [InlineData("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, "type F8_E4M3")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "has 2 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}}", 2, "shape [-2]")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,2]}}", 2, "describes a wrongly")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":\"2\",\"data_offsets\":[0,2]}}", 2, "describes a wrongly")]
    [InlineData("{\"a\":{\"shape\":[2]}}", 2, "describes a wrongly")]
    [InlineData("[1, 2]", 0, "no JSON object")]
    [InlineData("{\"a\":", 0, "no JSON")]
    public void Open_WrongHeader_SaysWhatIsWrong(string header, int dataLength, string expected)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[8 + json.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        System.IO.File.WriteAllBytes(File1, bytes);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(File1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_HugeHeaderClaim_IsRefusedBeforeItIsRead()
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, long.MaxValue);
        System.IO.File.WriteAllBytes(File1, bytes);
        Assert.Contains("no safetensors file", Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(File1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ThatThrows_LeavesTheOldFileAndNothingElse()
    {
        WriteTwo();
        byte[] before = System.IO.File.ReadAllBytes(File1);
        Assert.Throws<IOException>(() => Safetensors.Write(File1, new Dictionary<string, string>(),
            [new SafetensorContent("w", SafetensorType.U8, [1], _ => throw new IOException("disk full"))]));
        Assert.Equal(before, System.IO.File.ReadAllBytes(File1));
        Assert.Equal([File1], Directory.GetFiles(_folder));
    }
}
