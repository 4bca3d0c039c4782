using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Exchange;

namespace DdpmJobs.Model.Tests.Exchange;

public sealed class SafetensorsStateDictTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-state-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, params (string Name, SafetensorType Type, byte[] Bytes)[] tensors)
    {
        string path = Path.Combine(_folder, name);
        Safetensors.Write(path, new Dictionary<string, string>(), [.. tensors.Select(tensor =>
            new SafetensorContent(tensor.Name, tensor.Type, [tensor.Bytes.Length / Safetensors.SizeOf(tensor.Type)], stream => stream.Write(tensor.Bytes)))]);
        return path;
    }

    private string WriteIndex(string json)
    {
        string path = Path.Combine(_folder, "model.safetensors.index.json");
        File.WriteAllText(path, json);
        return path;
    }

    [Fact]
    public void Open_EveryType_GivesItsValues()
    {
        string path = Write("all.safetensors",
            ("bool", SafetensorType.BOOL, [1]), ("u8", SafetensorType.U8, [200]), ("i8", SafetensorType.I8, [0xfe]), ("i16", SafetensorType.I16, [0xfe, 0xff]),
            ("i32", SafetensorType.I32, BitConverter.GetBytes(-70000)), ("i64", SafetensorType.I64, BitConverter.GetBytes(1L << 40)),
            ("f16", SafetensorType.F16, [0x00, 0xbe]), ("bf16", SafetensorType.BF16, [0xc0, 0x3f]),
            ("f32", SafetensorType.F32, BitConverter.GetBytes(0.1f)), ("f64", SafetensorType.F64, BitConverter.GetBytes(0.1)));
        using StateDict dict = StateDict.Open(path);
        Dictionary<string, float> expected = new()
        {
            ["bool"] = 1, ["u8"] = 200, ["i8"] = -2, ["i16"] = -2, ["i32"] = -70000, ["i64"] = 1L << 40, ["f16"] = -1.5f, ["bf16"] = 1.5f, ["f32"] = 0.1f, ["f64"] = 0.1f,
        };
        Assert.Equal(Enum.GetValues<SafetensorType>().Length, expected.Count);
        Assert.Equal(expected, dict.Tensors.Values.ToDictionary(tensor => tensor.Name, tensor => Assert.Single(dict.ReadFloats(tensor))));
    }

    [Fact]
    public void Open_Index_JoinsItsFiles()
    {
        Write("1.safetensors", ("a", SafetensorType.U8, [1]), ("unlisted", SafetensorType.U8, [9]));
        Write("2.safetensors", ("b", SafetensorType.U8, [2]));
        using StateDict dict = StateDict.Open(WriteIndex("""{"metadata": {}, "weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}"""));
        Assert.Equal(["a", "b"], dict.Tensors.Keys.Order());
        Assert.Equal([2f], dict.ReadFloats(dict.Tensors["b"]));
    }

    [Theory]
    [InlineData("""{"weight_map": {"a": "../1.safetensors"}}""", "not beside it")]
    [InlineData("""{"weight_map": {"z": "1.safetensors"}}""", "the tensor z in 1.safetensors")]
    [InlineData("""{"weight_map": 3}""", "no weight_map")]
    [InlineData("""{}""", "no weight_map")]
    [InlineData("""{"weight""", "no weight_map")]
    public void Open_WrongIndex_SaysWhatIsWrong(string json, string expected)
    {
        Write("1.safetensors", ("a", SafetensorType.U8, [1]));
        string index = WriteIndex(json);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => StateDict.Open(index));
        Assert.StartsWith(index, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
