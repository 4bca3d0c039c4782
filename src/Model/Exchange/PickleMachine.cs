using System.Numerics;

namespace DdpmJobs.Model.Exchange;

/// <summary>Reads a pickle as data. It knows no module, no class and no call: the few names that tensors need are matched by <see cref="PickleCalls"/>, all others are refused.</summary>
/// <remarks>
/// Opcodes: Python's Lib/pickletools.py. Values are null, bool, long, <see cref="BigInteger"/>, double, string, object[] (a tuple), <see cref="List{T}"/> and
/// <see cref="PickledDict"/>, and what <see cref="PickleCalls"/> makes. An object is never larger than the bytes that describe it.
/// </remarks>
internal sealed class PickleMachine(PickleInput input)
{
    /// <summary>The byte a pickle of protocol 2 or newer begins with.</summary>
    public const byte FirstByte = 0x80;

    /// <summary>The newest protocol there is.</summary>
    public const byte NewestProtocol = 5;

    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = new();
    private readonly Dictionary<uint, object?> _memo = [];

    /// <summary>Reads one pickle to its end.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or asks for anything but data.</exception>
    public static object? Read(PickleInput input) => new PickleMachine(input).Run();

    private object? Run()
    {
        while (true)
        {
            long at = input.Position;
            byte code = input.Byte();
            if (code == '.')
                return Pop();
            Step(code, at);
        }
    }

    private void Step(byte code, long at)
    {
        switch (code)
        {
            // The frame of protocol 4 only groups bytes.
            case FirstByte: Protocol(input.Byte()); break;
            case 0x95: input.Int64(); break;

            // Plain values.
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)input.Byte()); break;
            case (byte)'M': Push((long)input.UInt16()); break;
            case (byte)'J': Push((long)input.Int32()); break;
            case 0x8a: Push(Whole(input.Bytes(input.Byte()))); break;
            case (byte)'G': Push(input.DoubleBigEndian()); break;
            case (byte)'X': Push(input.Text(input.UInt32())); break;
            case 0x8c: Push(input.Text(input.Byte())); break;
            case (byte)'U': Push(input.Text(input.Byte())); break; // the str of Python 2
            case (byte)'T': Push(input.Text(input.UInt32())); break;

            // Containers.
            case (byte)'(': _marks.Push(_stack.Count); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85: Push(PopMany(1)); break;
            case 0x86: Push(PopMany(2)); break;
            case 0x87: Push(PopMany(3)); break;
            case (byte)'t': Push(PopToMark()); break;
            case (byte)']': Push(new List<object?>()); break;
            case (byte)'}': Push(new PickledDict()); break;
            case (byte)'a': Append([Pop()]); break;
            case (byte)'e': Append(PopToMark()); break;
            case (byte)'s': SetItems(PopMany(2)); break;
            case (byte)'u': SetItems(PopToMark()); break;

            // The memo.
            case (byte)'q': _memo[input.Byte()] = Top(); break;
            case (byte)'r': _memo[input.UInt32()] = Top(); break;
            case 0x94: _memo[(uint)_memo.Count] = Top(); break;
            case (byte)'h': Push(Remembered(input.Byte())); break;
            case (byte)'j': Push(Remembered(input.UInt32())); break;

            // What would be names and calls in Python.
            case (byte)'c': Push(PickleCalls.Find(input, input.Line(), input.Line())); break;
            case 0x93:
                object?[] named = PopMany(2);
                Push(PickleCalls.Find(input, Text(named[0]), Text(named[1])));
                break;
            case (byte)'R':
                object?[] call = PopMany(2);
                Push(PickleCalls.Call(input, call[0], call[1]));
                break;
            case (byte)'Q': Push(PickleCalls.Storage(input, Pop())); break;
            case (byte)'b': Build(Pop()); break;
            default:
                throw input.Damaged($"it holds the pickle opcode 0x{code:x2} at byte {at}, which no state dict needs");
        }
    }

    private void Protocol(byte protocol)
    {
        if (protocol is < 2 or > NewestProtocol)
            throw input.Damaged($"it is a pickle of protocol {protocol}; 2 to {NewestProtocol} can be read");
    }

    // An ordered dictionary carries the versions of its modules as an attribute; nothing here needs it.
    private void Build(object? state)
    {
        if (Top() is not PickledDict || state is not PickledDict)
            throw input.Damaged("it sets the attributes of an object, which no state dict needs");
    }

    private void Append(object?[] values)
    {
        if (Top() is not List<object?> list)
            throw input.Damaged("it appends to something that is no list");
        list.AddRange(values);
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not PickledDict dict || items.Length % 2 != 0)
            throw input.Damaged("it sets members of something that is no dictionary");
        for (int i = 0; i < items.Length; i += 2)
            dict.Add(input, items[i], items[i + 1]);
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Pop() => PopMany(1)[0];

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Empty();

    private object?[] PopToMark()
    {
        if (!_marks.TryPop(out int mark))
            throw Empty();
        return Take(mark);
    }

    private object?[] PopMany(int count) => _stack.Count - count >= Floor ? Take(_stack.Count - count) : throw Empty();

    // Nothing below the last mark can be taken before the mark is.
    private int Floor => _marks.TryPeek(out int mark) ? mark : 0;

    private object?[] Take(int from)
    {
        object?[] values = [.. _stack[from..]];
        _stack.RemoveRange(from, _stack.Count - from);
        return values;
    }

    private object? Remembered(uint index) =>
        _memo.TryGetValue(index, out object? value) ? value : throw input.Damaged($"it refers to object {index}, which it does not hold");

    private string Text(object? value) => value as string ?? throw input.Damaged("it names something by what is no text");

    private static object Whole(byte[] bytes)
    {
        BigInteger value = new(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value;
    }

    private InvalidDataException Empty() => input.Damaged($"it takes more than it holds at byte {input.Position}");
}
