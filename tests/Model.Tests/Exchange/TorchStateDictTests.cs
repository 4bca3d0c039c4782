using System.IO.Compression;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Exchange;

namespace DdpmJobs.Model.Tests.Exchange;

public sealed class TorchStateDictTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-torch-").FullName;

    private string Model => Path.Combine(_folder, "model.pth");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Two views of one storage, one of them transposed, and a scalar of another.
    private static byte[] Pickle(bool legacy = false) => new PickleText().Dict(members => members
        .Text("a").Tensor("FloatStorage", "7", 8, 2, [2, 3], [3, 1], legacy)
        .Text("b").Tensor("FloatStorage", "7", 8, 2, [3, 2], [1, 3], legacy)
        .Text("steps").Tensor("LongStorage", "8", 1, 0, [], [], legacy)).End();

    private static readonly byte[] Floats = TorchFiles.Bytes(0, 1, 2, 3, 4, 5, 6, 7);

    private void WriteZip(CompressionLevel level = CompressionLevel.NoCompression, string byteOrder = "little") =>
        TorchFiles.WriteZip(Model, Pickle(), new() { ["7"] = Floats, ["8"] = BitConverter.GetBytes(41L) }, byteOrder, level);

    private void WriteLegacy(bool littleEndian = true) =>
        File.WriteAllBytes(Model, TorchFiles.Legacy(Pickle(legacy: true), [("7", 4, Floats), ("8", 8, BitConverter.GetBytes(41L))], littleEndian));

    private string Refusal()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
        {
            using StateDict dict = StateDict.Open(Model);
            foreach (ForeignTensor tensor in dict.Tensors.Values)
                dict.ReadBytes(tensor);
        });
        Assert.StartsWith($"{Model} cannot be used: ", error.Message, StringComparison.Ordinal);
        return error.Message;
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("packed zip")]
    [InlineData("legacy")]
    public void Open_BothFormats_GivesTensorsWithSharedStoragesAndStrides(string format)
    {
        if (format == "legacy")
            WriteLegacy();
        else
            WriteZip(format == "zip" ? CompressionLevel.NoCompression : CompressionLevel.Optimal);
        using StateDict dict = StateDict.Open(Model);
        Assert.Equal(["a", "b", "steps"], dict.Tensors.Keys.Order());
        Assert.Equal([2, 3], dict.Tensors["a"].Shape);
        Assert.Equal([2f, 3, 4, 5, 6, 7], dict.ReadFloats(dict.Tensors["a"]));
        Assert.Equal([2f, 5, 3, 6, 4, 7], dict.ReadFloats(dict.Tensors["b"]));
        Assert.Equal(SafetensorType.I64, dict.Tensors["steps"].Type);
        Assert.Equal([41f], dict.ReadFloats(dict.Tensors["steps"]));
    }

    [Theory]
    [InlineData("BoolStorage", new byte[] { 0, 1 }, new float[] { 0, 1 })]
    [InlineData("ByteStorage", new byte[] { 3, 255 }, new float[] { 3, 255 })]
    [InlineData("CharStorage", new byte[] { 3, 255 }, new float[] { 3, -1 })]
    [InlineData("ShortStorage", new byte[] { 0xfe, 0xff, 1, 1 }, new float[] { -2, 257 })]
    [InlineData("IntStorage", new byte[] { 0xfe, 0xff, 0xff, 0xff }, new float[] { -2 })]
    [InlineData("LongStorage", new byte[] { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, new float[] { -2 })]
    [InlineData("HalfStorage", new byte[] { 0x00, 0x3e, 0x01, 0x00 }, new float[] { 1.5f, 5.9604645e-8f })]
    [InlineData("BFloat16Storage", new byte[] { 0xc0, 0x3f, 0x00, 0xc0 }, new float[] { 1.5f, -2 })]
    [InlineData("FloatStorage", new byte[] { 0, 0, 0xc0, 0x3f }, new float[] { 1.5f })]
    [InlineData("DoubleStorage", new byte[] { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f }, new float[] { 1.5f })]
    public void ReadFloats_EveryType_GivesItsValues(string storage, byte[] bytes, float[] expected)
    {
        byte[] pickle = new PickleText().Dict(members => members.Text("x").Tensor(storage, "0", expected.Length, 0, [expected.Length], [1])).End();
        TorchFiles.WriteZip(Model, pickle, new() { ["0"] = bytes });
        using StateDict dict = StateDict.Open(Model);
        Assert.Equal(expected, dict.ReadFloats(dict.Tensors["x"]));
    }

    [Fact]
    public void Open_TrainingStateInAList_NamesTensorsByTheirPlace()
    {
        byte[] pickle = new PickleText().Op(']').Op('(')
            .Dict(model => model.Text("module.w").Tensor("FloatStorage", "0", 1, 0, [1], [1]))
            .Op('}').Op('(').Text("lr").Op('G').Raw(0x3f, 0xf0, 0, 0, 0, 0, 0, 0).Number(3).Op('N').Op('u')
            .Number(12).Op('e').End();
        TorchFiles.WriteZip(Model, pickle, new() { ["0"] = TorchFiles.Bytes(5) });
        using StateDict dict = StateDict.Open(Model);
        Assert.Equal(["0.module.w"], dict.Tensors.Keys);
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("collections", "OrderedDict.__init__")]
    [InlineData("torch", "UntypedStorage")]
    [InlineData("torch._utils", "_rebuild_sparse_tensor")]
    [InlineData("torch._utils", "_rebuild_qtensor")]
    [InlineData("torch._utils", "_rebuild_device_tensor_from_numpy")]
    [InlineData("torch", "QInt8Storage")]
    [InlineData("numpy.core.multiarray", "scalar")]
    [InlineData("numpy._core.multiarray", "_reconstruct")]
    [InlineData("argparse", "Namespace")]
    public void Open_CallOfAnythingElse_IsRefusedByNameAndNotRun(string module, string name)
    {
        string trace = Path.Combine(_folder, "trace");
        foreach (byte[] pickle in new[]
        {
            new PickleText().Global(module, name).Op('(').Text($"touch {trace}").Op('t').Op('R').End(),
            new PickleText().Text(module).Text(name).Raw(0x93).Op('(').Text($"touch {trace}").Op('t').Op('R').End(),
        })
        {
            TorchFiles.WriteZip(Model, pickle, []);
            Assert.Contains($"asks for {module}.{name}", Refusal(), StringComparison.Ordinal);
            File.WriteAllBytes(Model, TorchFiles.Legacy(pickle, []));
            Assert.Contains($"asks for {module}.{name}", Refusal(), StringComparison.Ordinal);
        }

        Assert.False(File.Exists(trace));
    }

    [Fact]
    public void Open_OpcodesThatMakeObjects_AreRefused()
    {
        // INST, OBJ, DICT, LIST, PERSID, STRING, LONG, NEWOBJ, NEWOBJ_EX, EXT1, EXT2, EXT4, BYTEARRAY8, NEXT_BUFFER.
        foreach (byte code in new byte[] { (byte)'i', (byte)'o', (byte)'d', (byte)'l', (byte)'P', (byte)'S', (byte)'L', 0x81, 0x92, 0x82, 0x83, 0x84, 0x96, 0x97 })
        {
            TorchFiles.WriteZip(Model, new PickleText().Op('}').Op('}').Raw(code).End(), []);
            Assert.Contains("opcode 0x", Refusal(), StringComparison.Ordinal);
        }
    }

    public static TheoryData<string, string> Nonsense => new()
    {
        { "the text claims 2 GB", "within its description" },
        { "a dictionary that holds itself", "hold themselves" },
        { "lists that unfold without end", "more than 1000000 objects" },
        { "a call of a text", "calls what is no function" },
        { "wrong arguments", "wrong arguments" },
        { "attributes of a list", "attributes" },
        { "an unknown memo", "refers to object 9" },
        { "nothing on the stack", "takes more than it holds" },
        { "below the mark", "takes more than it holds" },
        { "beyond the storage", "which has 8 elements" },
        { "huge extents", "which has 8 elements" },
        { "repeated elements", "which has 8 elements" },
        { "a storage of two types", "described in two ways" },
        { "a key that is a tuple", "neither text nor a whole number" },
        { "no tensor", "no tensor" },
        { "protocol 9", "protocol 9" },
        { "a name without end", "a name of 1001 characters" },
        { "a size of what is no list", "calls Size with the wrong arguments" },
    };

    private static byte[] NonsensePickle(string what)
    {
        PickleText text = new();
        switch (what)
        {
            case "the text claims 2 GB": return text.Op('X').Raw(0xff, 0xff, 0xff, 0x7f).End();
            case "a dictionary that holds itself": return text.Op('}').Raw((byte)'q', 0).Text("a").Raw((byte)'h', 0).Op('s').End();
            case "lists that unfold without end":
                text.Op(']').Raw((byte)'q', 0);
                for (byte i = 0; i < 30; i++)
                    text.Op(']').Raw((byte)'q', (byte)(i + 1)).Op('(').Raw((byte)'h', i).Raw((byte)'h', i).Op('e');
                return text.End();
            case "a call of a text": return text.Text("os.system").Op(')').Op('R').End();
            case "wrong arguments": return text.Global("torch._utils", "_rebuild_tensor_v2").Op(')').Op('R').End();
            case "attributes of a list": return text.Op(']').Op('}').Op('b').End();
            case "an unknown memo": return text.Raw((byte)'h', 9).End();
            case "nothing on the stack": return text.Op('R').End();
            case "below the mark": return text.Text("a").Op('(').Raw(0x85).End();
            case "beyond the storage": return text.Dict(m => m.Text("x").Tensor("FloatStorage", "0", 8, 1, [8], [1])).End();
            case "huge extents": return text.Dict(m => m.Text("x").Tensor("FloatStorage", "0", 8, 0, [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], [0, 0, 0, 0, 0])).End();
            case "repeated elements": return text.Dict(m => m.Text("x").Tensor("FloatStorage", "0", 8, 0, [9], [0])).End();
            case "a storage of two types":
                return text.Dict(m => m.Text("x").Tensor("FloatStorage", "0", 8, 0, [8], [1]).Text("y").Tensor("IntStorage", "0", 8, 0, [8], [1])).End();
            case "a key that is a tuple": return text.Op('}').Op(')').Number(1).Op('s').End();
            case "no tensor": return text.Op('}').Text("epoch").Number(1).Op('s').End();
            case "a name without end": return text.Op('}').Text(new string('n', 1001)).Number(1).Op('s').End();
            case "a size of what is no list": return text.Global("torch", "Size").Op('(').Number(1).Op('t').Op('R').End();
            case "protocol 9": return text.Raw(0x80, 9).End();
            default: throw new ArgumentException(what);
        }
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Open_Nonsense_IsRefusedWithWhatIsWrong(string what, string expected)
    {
        TorchFiles.WriteZip(Model, NonsensePickle(what), new() { ["0"] = Floats });
        Assert.Contains(expected, Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(Model, TorchFiles.Legacy(NonsensePickle(what), [("0", 4, Floats)]));
        Assert.Contains(expected, Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    public void Open_FileCutAnywhere_IsRefusedByName(string format)
    {
        if (format == "zip")
            WriteZip();
        else
            WriteLegacy();
        byte[] whole = File.ReadAllBytes(Model);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Model, whole[..length]);
            Refusal();
        }

        File.WriteAllBytes(Model, [.. whole, 0]);
        if (format == "legacy")
            Assert.Contains("1 bytes behind its last storage", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OneStorageBitAltered_IsRefusedByItsChecksum()
    {
        WriteZip();
        byte[] bytes = File.ReadAllBytes(Model);
        int at = bytes.AsSpan().IndexOf(Floats);
        bytes[at + 9] ^= 1;
        File.WriteAllBytes(Model, bytes);
        Assert.Contains("data/7", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EveryByteAlteredInTurn_NeverFailsOtherwiseThanByRefusal()
    {
        WriteLegacy();
        byte[] whole = File.ReadAllBytes(Model);
        for (int at = 0; at < whole.Length; at++)
        {
            foreach (byte value in new byte[] { 0, 0x28, 0x52, 0x74, 0xff, (byte)(whole[at] ^ 1) })
            {
                byte[] altered = [.. whole];
                altered[at] = value;
                File.WriteAllBytes(Model, altered);
                try
                {
                    using StateDict dict = StateDict.Open(Model);
                    foreach (ForeignTensor tensor in dict.Tensors.Values)
                        dict.ReadBytes(tensor);
                }
                catch (InvalidDataException error)
                {
                    Assert.StartsWith(Model, error.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Open_ParametersSizesAndAttributes_AreReadAsWhatTheyAre()
    {
        // A Parameter around a tensor, a torch.Size, and an OrderedDict whose _metadata is set as an attribute, as state_dict() leaves it.
        byte[] pickle = new PickleText().Dict(members => members
            .Text("p").Global("torch._utils", "_rebuild_parameter").Op('(').Tensor("FloatStorage", "7", 8, 0, [2], [4]).Raw(0x88).Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R')
            .Text("size").Global("torch", "Size").Op('(').Numbers(3, 4).Op('t').Op('R')
            .Text("empty").Tensor("FloatStorage", "7", 8, 8, [0, 3], [3, 1]))
            .Op('}').Text("_metadata").Op('}').Op('s').Op('b').End();
        TorchFiles.WriteZip(Model, pickle, new() { ["7"] = Floats });
        using StateDict dict = StateDict.Open(Model);
        Assert.Equal(["empty", "p"], dict.Tensors.Keys.Order());
        Assert.Equal([0f, 4], dict.ReadFloats(dict.Tensors["p"]));
        Assert.Equal((0L, 0), (dict.Tensors["empty"].Count, dict.ReadFloats(dict.Tensors["empty"]).Length));
    }

    [Fact]
    public void Open_ProtocolFour_IsReadWithItsFramesAndMemo()
    {
        // FRAME, SHORT_BINUNICODE, MEMOIZE and STACK_GLOBAL, as pickle.dump with protocol 4 writes an OrderedDict of one number beside a tensor.
        byte[] tensor = [.. new PickleText().Tensor("FloatStorage", "7", 8, 3, [2], [1]).End()[2..^1]];
        byte[] pickle = [0x80, 4, 0x95, 9, 0, 0, 0, 0, 0, 0, 0, 0x8c, 11, .. "collections"u8, 0x94, 0x8c, 11, .. "OrderedDict"u8, 0x94, 0x93, 0x94, (byte)')', (byte)'R', 0x94,
            (byte)'(', 0x8c, 1, (byte)'w', 0x94, .. tensor, 0x8c, 1, (byte)'n', (byte)'K', 3, (byte)'u', (byte)'.'];
        TorchFiles.WriteZip(Model, pickle, new() { ["7"] = Floats });
        using StateDict dict = StateDict.Open(Model);
        Assert.Equal([3f, 4], dict.ReadFloats(dict.Tensors["w"]));
    }

    [Fact]
    public void Read_PartThatUnfoldsToMuchMore_IsRefused()
    {
        byte[] pickle = new PickleText().Dict(members => members.Text("x").Tensor("FloatStorage", "0", 1 << 22, 0, [1 << 22], [1])).End();
        TorchFiles.WriteZip(Model, pickle, new() { ["0"] = new byte[1 << 24] }, level: CompressionLevel.Optimal);
        Assert.InRange(new FileInfo(Model).Length, 1, 1 << 16);
        Assert.Contains("its part model/data/0 claims 16777216 bytes in ", Refusal(), StringComparison.Ordinal);
        TorchFiles.WriteZip(Model, pickle, new() { ["0"] = new byte[1 << 24] });
        using StateDict dict = StateDict.Open(Model);
        Assert.Equal(1 << 22, dict.ReadFloats(dict.Tensors["x"]).Length);
    }

    [Fact]
    public void Open_BigEndian_IsRefused()
    {
        WriteZip(byteOrder: "big");
        Assert.Contains("little-endian", Refusal(), StringComparison.Ordinal);
        WriteLegacy(littleEndian: false);
        Assert.Contains("little-endian", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_StorageMissingOrOfAnotherLength_NamesTheTensor()
    {
        TorchFiles.WriteZip(Model, Pickle(), new() { ["7"] = Floats });
        Assert.Contains("no storage 8, which tensor steps needs", Refusal(), StringComparison.Ordinal);
        TorchFiles.WriteZip(Model, Pickle(), new() { ["7"] = Floats[..28], ["8"] = new byte[8] });
        Assert.Contains("tensor a has 28 bytes instead of 32", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(Model, TorchFiles.Legacy(Pickle(legacy: true), [("7", 4, Floats)]));
        Assert.Contains("no storage 8", Refusal(), StringComparison.Ordinal);
        File.WriteAllBytes(Model, TorchFiles.Legacy(Pickle(legacy: true), [("7", 4, Floats[..28]), ("8", 8, new byte[8])]));
        Assert.Contains("tensor a has 7 elements instead of 8", Refusal(), StringComparison.Ordinal);
    }
}
