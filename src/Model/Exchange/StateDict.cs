using System.Text;

namespace DdpmJobs.Model.Exchange;

/// <summary>The named tensors of a file that another program wrote. Reading one executes nothing.</summary>
public abstract class StateDict : IDisposable
{
    private readonly Dictionary<string, ForeignTensor> _tensors = new(StringComparer.Ordinal);

    /// <param name="path">The file, for messages.</param>
    private protected StateDict(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by name. Nested dictionaries and lists are joined by dots, as in <c>model.conv_in.weight</c> or <c>0.conv_in.weight</c>.</summary>
    public IReadOnlyDictionary<string, ForeignTensor> Tensors => _tensors;

    /// <summary>Opens a safetensors file, the index of a sharded one (<c>….safetensors.index.json</c>), or a torch.save file of either format.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, of another kind, or holds more than tensors; the message names it and says what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static StateDict Open(string path)
    {
        if (path.EndsWith(".index.json", StringComparison.Ordinal))
            return SafetensorsStateDict.OpenSharded(path);
        Span<byte> start = stackalloc byte[4];
        using (FileStream stream = File.OpenRead(path))
        {
            int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (read < start.Length)
                throw new InvalidDataException($"{path} cannot be used: it has {read} bytes.");
        }

        return start.SequenceEqual("PK\x03\x04"u8) ? new TorchArchive(path)
            : start[0] == PickleMachine.FirstByte && start[1] <= PickleMachine.NewestProtocol ? new LegacyTorchFile(path)
            : SafetensorsStateDict.OpenOne(path);
    }

    /// <summary>Reads a tensor.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <returns>Its elements, row-major; float64 and int64 are rounded to float32, the other types fit.</returns>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public float[] ReadFloats(ForeignTensor tensor) => Elements.ToFloats(tensor.Type, ReadBytes(tensor));

    /// <summary>Reads the bytes of a tensor: row-major, little-endian.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public abstract byte[] ReadBytes(ForeignTensor tensor);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the files.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>Adds a tensor while the file is opened.</summary>
    private protected void Add(ForeignTensor tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
            throw Damaged($"it holds two tensors {Shown(tensor.Name)}");
    }

    /// <summary>Says that this file is wrong.</summary>
    internal InvalidDataException Damaged(string what) => new($"{Path} cannot be used: {what}.");

    /// <summary>A text of the file as a message shows it: short, on one line.</summary>
    internal static string Shown(string text)
    {
        const int Longest = 80;
        StringBuilder shown = new();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, Longest)))
            shown.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return text.Length > Longest ? shown.Append('…').ToString() : shown.ToString();
    }
}
