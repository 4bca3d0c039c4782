using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DdpmJobs.Model.Checkpoints;
using DdpmJobs.Model.Evaluation.FeatureNetworks;
using DdpmJobs.Model.Exchange;
using DdpmJobs.Model.Randomness;

namespace DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;

/// <summary>A file laid out as the published one, with random weights under which activations neither vanish nor grow.</summary>
public sealed class SyntheticInception : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ddpm-inception-").FullName;

    private readonly Lazy<InceptionNetwork> _network;

    public SyntheticInception()
    {
        string file = File = Path.Combine(_folder, "synthetic.pth");
        _network = new Lazy<InceptionNetwork>(() => InceptionNetwork.OpenUnpublished(file, InceptionScale.PytorchFid, "cpu"));
        using (FileStream stream = System.IO.File.Create(File))
        {
            stream.Write(InceptionFile.Head);
            byte[] count = new byte[sizeof(long)];
            foreach (ForeignTensor tensor in InceptionFile.Layout.Tensors)
            {
                BinaryPrimitives.WriteInt64LittleEndian(count, tensor.Count);
                stream.Write(count);
                stream.Write(Elements(tensor));
            }
        }

        using FileStream written = System.IO.File.OpenRead(File);
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(written));
    }

    /// <summary>The network of the file.</summary>
    public InceptionNetwork Network => _network.Value;

    public string File { get; }

    public string Sha256 { get; }

    public string At(string name) => Path.Combine(_folder, name);

    /// <summary>Writes a copy of the tensors as safetensors.</summary>
    /// <param name="name">Name of the file.</param>
    /// <param name="change">What becomes of each tensor; null leaves it out.</param>
    public string WriteCopy(string name, Func<ForeignTensor, byte[], SafetensorContent?>? change = null)
    {
        using StateDict dict = StateDict.Open(File);
        List<SafetensorContent> contents = [];
        foreach (ForeignTensor tensor in dict.Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            byte[] bytes = dict.ReadBytes(tensor);
            SafetensorContent whole = new(tensor.Name, tensor.Type, tensor.Shape, stream => stream.Write(bytes));
            if ((change is null ? whole : change(tensor, bytes)) is SafetensorContent content)
                contents.Add(content);
        }

        Safetensors.Write(At(name), new Dictionary<string, string>(), contents);
        return At(name);
    }

    public void Dispose()
    {
        if (_network.IsValueCreated)
            _network.Value.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static byte[] Elements(ForeignTensor tensor)
    {
        if (tensor.Type == SafetensorType.I64)
            return new byte[sizeof(long)];
        (double low, double high) = tensor.Name switch
        {
            _ when tensor.Name.EndsWith("conv.weight", StringComparison.Ordinal) => Around(Math.Sqrt(6.0 / (tensor.Count / tensor.Shape[0]))), // He et al. 2015
            _ when tensor.Name.EndsWith("running_var", StringComparison.Ordinal) => (0.5, 1.5),
            _ when tensor.Name.EndsWith("bn.weight", StringComparison.Ordinal) => (0.7, 1.3),
            "fc.weight" => Around(0.05),
            _ => Around(0.2),
        };
        uint[] words = new uint[tensor.Count];
        long seed = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(tensor.Name)));
        new RandomStream(seed, RandomPurpose.Initialization, 0).FillUInt32(words);
        float[] values = [.. words.Select(word => (float)(low + (high - low) * word / uint.MaxValue))];
        return MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
    }

    private static (double Low, double High) Around(double limit) => (-limit, limit);
}
