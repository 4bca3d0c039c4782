namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>A file of trained weights as its authors publish it.</summary>
public sealed record PublishedWeights
{
    private const string Inception2015 = "pt_inception-2015-12-05-6726825d.pth";

    /// <summary>The network they are for, as in <c>inception</c>.</summary>
    public required string Network { get; init; }

    /// <summary>Name of the file.</summary>
    public required string FileName { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Length { get; init; }

    /// <summary>SHA-256 of the file in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where it is published.</summary>
    public required Uri Url { get; init; }

    /// <summary>Its licence, as its authors say.</summary>
    public required string License { get; init; }

    /// <summary>Name of a copy of the same tensors in the safetensors format, which does as well; null where none is read.</summary>
    public string? CopyName => Network == InceptionNetwork.PublishedName ? Path.ChangeExtension(FileName, ".safetensors") : null;

    /// <summary>All files that networks here are made of.</summary>
    public static IReadOnlyList<PublishedWeights> All { get; } =
    [
        new()
        {
            Network = InceptionNetwork.PublishedName,
            FileName = Inception2015,
            Length = 95_628_359,
            Sha256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
            Url = new Uri($"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{Inception2015}"),
            License = "Apache-2.0 (mseitzer/pytorch-fid; weights of the TensorFlow authors)",
        },
        Resnet(20, "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8", 1_099_231),
        Resnet(32, "d509ac1820d7f25398913559d7e81a13229b1e7adc5648e3bfa5e22dc137f850", 1_890_043),
        Resnet(44, "014dd6541728a1c700b1642ab640e211dc6eb8ed507d70697458dc8f8a0ae2e4", 2_680_855),
        Resnet(56, "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367", 3_471_733),
    ];

    /// <summary>The file of a network; null where none is published.</summary>
    public static PublishedWeights? Find(string network) => All.FirstOrDefault(weights => weights.Network == network);

    private static PublishedWeights Resnet(int depth, string sha256, long length)
    {
        string file = $"resnet{depth}-{sha256[..8]}.th";
        return new PublishedWeights
        {
            Network = CifarResnet.NameOf(depth),
            FileName = file,
            Length = length,
            Sha256 = sha256,
            Url = new Uri($"https://github.com/akamaster/pytorch_resnet_cifar10/raw/master/pretrained_models/{file}"),
            License = "BSD-2-Clause (akamaster/pytorch_resnet_cifar10)",
        };
    }
}
