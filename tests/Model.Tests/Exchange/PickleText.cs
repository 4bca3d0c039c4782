using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace DdpmJobs.Model.Tests.Exchange;

/// <summary>Writes pickles opcode by opcode, so that tests can write what torch.save writes, and what it never would.</summary>
internal sealed class PickleText
{
    private readonly List<byte> _bytes = [0x80, 2];

    public byte[] End() => [.. _bytes, (byte)'.'];

    public PickleText Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleText Op(char code) => Raw((byte)code);

    public PickleText Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleText Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').Int32(utf8.Length).Raw(utf8);
    }

    public PickleText Number(int value) => Op('J').Int32(value);

    public PickleText Big(BigInteger value)
    {
        byte[] bytes = value.ToByteArray();
        return Raw(0x8a, (byte)bytes.Length).Raw(bytes);
    }

    public PickleText Numbers(params int[] values)
    {
        Op('(');
        foreach (int value in values)
            Number(value);
        return Op('t');
    }

    /// <summary>A tensor as torch.save writes it: a call of _rebuild_tensor_v2 on a reference to a storage.</summary>
    public PickleText Tensor(string storageType, string key, int storageCount, int offset, int[] shape, int[] strides, bool legacy = false)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op('(');
        Op('(').Text("storage").Global("torch", storageType).Text(key).Text("cpu").Number(storageCount);
        if (legacy)
            Op('N');
        Op('t').Op('Q');
        Number(offset).Numbers(shape).Numbers(strides).Raw(0x89);
        return Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
    }

    /// <summary>A dictionary of what the action writes: names and values in turn.</summary>
    public PickleText Dict(Action<PickleText> members)
    {
        Global("collections", "OrderedDict").Op(')').Op('R').Op('(');
        members(this);
        return Op('u');
    }

    private PickleText Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Raw(bytes.ToArray());
    }
}
