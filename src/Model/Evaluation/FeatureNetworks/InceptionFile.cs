using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using DdpmJobs.Model.Exchange;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>The published file of <c>inception</c>: which tensors it holds, and whether tensors from elsewhere are the same.</summary>
/// <remarks>
/// A file of the legacy torch.save format is a head, which names the tensors, their order and how each lies in memory, and then each tensor's number of elements (int64) and its
/// elements. The head is here, so that file can be made again out of tensors in whatever format, and its SHA-256 is the published one if, and only if, every value is.
/// </remarks>
internal static class InceptionFile
{
    private const string Resource = "pt_inception-2015-12-05.head.gz";

    private static readonly Lazy<byte[]> HeadBytes = new(ReadHead);
    private static readonly Lazy<IReadOnlyList<(string Name, PickledTensor View)>> Views = new(ReadViews);
    private static readonly Lazy<WeightLayout> Tensors = new(() => new WeightLayout(
        InceptionNetwork.PublishedName, [.. Views.Value.Select(tensor => new ForeignTensor(tensor.Name, tensor.View.Storage.Type, tensor.View.Shape))]));

    /// <summary>The bytes before the first tensor.</summary>
    public static ReadOnlySpan<byte> Head => HeadBytes.Value;

    /// <summary>The tensors in the order of the file.</summary>
    public static WeightLayout Layout => Tensors.Value;

    /// <summary>SHA-256 of the file in which these tensors would be published, in lower-case hexadecimal.</summary>
    /// <param name="weights">The tensors; they fit the layout.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    public static string HashOf(StateDict weights, CancellationToken stop)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Head);
        Span<byte> count = stackalloc byte[sizeof(long)];
        foreach ((string name, PickledTensor view) in Views.Value)
        {
            stop.ThrowIfCancellationRequested();
            BinaryPrimitives.WriteInt64LittleEndian(count, view.Storage.Count);
            hash.AppendData(count);

            // A counter that was left out counts as zero; the hash decides whether it was.
            hash.AppendData(weights.Tensors.TryGetValue(name, out ForeignTensor? tensor) ? view.Scatter(weights.ReadBytes(tensor)) : new byte[view.Storage.Bytes]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Checks that tensors are the published ones.</summary>
    /// <exception cref="InvalidDataException">They are not; the message names the file and says how they differ.</exception>
    public static void Verify(StateDict weights, CancellationToken stop)
    {
        Layout.Require(weights);
        string published = PublishedWeights.Find(InceptionNetwork.PublishedName)!.Sha256;
        string hash = HashOf(weights, stop);
        if (hash != published)
            throw weights.Damaged($"its tensors are not those of {InceptionNetwork.PublishedName}: in the published order they have SHA-256 {hash} instead of {published}");
    }

    private static byte[] ReadHead()
    {
        using Stream packed = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!;
        using GZipStream unpacked = new(packed, CompressionMode.Decompress);
        using MemoryStream head = new();
        unpacked.CopyTo(head);
        return head.ToArray();
    }

    private static IReadOnlyList<(string Name, PickledTensor View)> ReadViews()
    {
        // Magic number, version, machine; then the tensors by name, and the order of their storages.
        using MemoryStream head = new(HeadBytes.Value);
        PickleInput input = new(head, what => new InvalidDataException($"{Resource} cannot be used: {what}."));
        for (int i = 0; i < 3; i++)
            PickleMachine.Read(input);
        PickledDict tensors = (PickledDict)PickleMachine.Read(input)!;
        Dictionary<string, (string, PickledTensor)> byKey = tensors.Members.Select(member => (member.Key, View: (PickledTensor)member.Value!))
            .ToDictionary(tensor => tensor.View.Storage.Key, StringComparer.Ordinal);
        return [.. ((List<object?>)PickleMachine.Read(input)!).Select(key => byKey[(string)key!])];
    }
}
