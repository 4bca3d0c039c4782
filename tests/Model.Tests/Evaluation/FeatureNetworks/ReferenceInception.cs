using DdpmJobs.Model.Exchange;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Tests.Evaluation.FeatureNetworks;

/// <summary>
/// The network out of its description in Szegedy et al. 2016 and pytorch-fid, in another way: in double precision, the normalisation by itself, every block a list of paths from its
/// input to its output, each walked alone, and averages as sums over sums of ones.
/// </summary>
internal sealed class ReferenceInception(StateDict weights)
{
    /// <summary>Blocks by name: paths of layers. <c>/2</c> takes every other place and no border, <c>!</c> no border; the others keep the size.</summary>
    private static readonly (string Block, string[] Paths)[] Blocks =
    [
        ("", ["Conv2d_1a_3x3/2 Conv2d_2a_3x3! Conv2d_2b_3x3 max/2 Conv2d_3b_1x1 Conv2d_4a_3x3! max/2"]),
        .. Named(["branch1x1", "branch5x5_1 branch5x5_2", "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3", "mean branch_pool"], "Mixed_5b", "Mixed_5c", "Mixed_5d"),
        .. Named(["branch3x3/2", "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3/2", "max/2"], "Mixed_6a"),
        .. Named(["branch1x1", "branch7x7_1 branch7x7_2 branch7x7_3", "branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 branch7x7dbl_4 branch7x7dbl_5", "mean branch_pool"], "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
        .. Named(["branch3x3_1 branch3x3_2/2", "branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4/2", "max/2"], "Mixed_7a"),
        .. Named(Last("mean"), "Mixed_7b"),
        .. Named(Last("max"), "Mixed_7c"),
    ];

    /// <summary>Features and logits.</summary>
    /// <param name="x">(N, 3, 299, 299) float64 in [-1, 1].</param>
    public (Tensor Features, Tensor Logits) Of(Tensor x)
    {
        foreach ((string block, string[] _) in Blocks)
            x = Block(block, x);
        Tensor features = x.sum([2, 3]) / (x.shape[2] * x.shape[3]);
        return (features, features.matmul(Read("fc.weight").t()) + Read("fc.bias"));
    }

    /// <summary>One block.</summary>
    public Tensor Block(string name, Tensor x)
    {
        string prefix = name.Length == 0 ? "" : $"{name}.";
        return cat([.. Blocks.Single(block => block.Block == name).Paths.Select(path => path.Split(' ').Aggregate(x, (x, layer) => Layer(prefix, layer, x)))], 1);
    }

    /// <summary>One layer that keeps the size.</summary>
    public Tensor Layer(string name, Tensor x) => Layer("", name, x);

    private Tensor Layer(string prefix, string layer, Tensor x)
    {
        bool every = !layer.EndsWith("/2", StringComparison.Ordinal);
        bool border = every && !layer.EndsWith('!');
        string name = layer.TrimEnd('!').Replace("/2", "", StringComparison.Ordinal);
        long stride = every ? 1 : 2;
        switch (name)
        {
            case "max":
                // Below every activation, so that the border never wins.
                Tensor wide = border ? functional.pad(x, [1, 1, 1, 1], value: double.NegativeInfinity) : x;
                return wide.unfold(2, 3, stride).unfold(3, 3, stride).amax([4, 5]);
            case "mean":
                return Sums(x) / Sums(ones_like(x));
            default:
                Tensor kernel = Read($"{prefix}{name}.conv.weight");
                Tensor y = functional.conv2d(x, kernel, strides: [stride, stride], padding: border ? [kernel.shape[2] / 2, kernel.shape[3] / 2] : [0, 0]);
                Tensor normal = (y - Channels("running_mean")) / (Channels("running_var") + 0.001).sqrt();
                return (normal * Channels("weight") + Channels("bias")).clamp_min(0);
        }

        Tensor Channels(string part) => Read($"{prefix}{name}.bn.{part}").view(1, -1, 1, 1);
    }

    private Tensor Read(string name) => torch.tensor(weights.ReadFloats(weights.Tensors[name]), [.. weights.Tensors[name].Shape], dtype: float64);

    private static Tensor Sums(Tensor x) => functional.pad(x, [1, 1, 1, 1]).unfold(2, 3, 1).unfold(3, 3, 1).sum([4, 5]);

    private static string[] Last(string pool) =>
    [
        "branch1x1", "branch3x3_1 branch3x3_2a", "branch3x3_1 branch3x3_2b", "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3a", "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3b", $"{pool} branch_pool",
    ];

    private static IEnumerable<(string, string[])> Named(string[] paths, params string[] blocks) => blocks.Select(block => (block, paths));
}
