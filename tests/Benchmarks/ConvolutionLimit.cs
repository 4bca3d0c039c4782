using System.Diagnostics;
using static TorchSharp.torch;
using Convolution = DdpmJobs.Model.Networks.Layers.Convolution;

namespace DdpmJobs.Benchmarks;

/// <summary>The machine's speed on the convolutions of a network, one by one and with nothing between: what no implementation on this library passes.</summary>
internal sealed class ConvolutionLimit
{
    private const int Repeats = 3;

    private readonly Dictionary<(string Input, string Weight, long Stride), (Tensor X, Tensor Weight, long Stride, int Count)> _shapes = [];

    /// <summary>Finds the convolutions by listening to one evaluation.</summary>
    public ConvolutionLimit(nn.Module<Tensor, Tensor, Tensor> network, Tensor x, Tensor t)
    {
        List<Convolution.HookRemover> hooks = [];
        foreach ((string _, nn.Module module) in network.named_modules().DistinctBy(named => named.module, ReferenceEqualityComparer.Instance))
        {
            if (module is Convolution convolution)
                hooks.Add(convolution.register_forward_hook((layer, input, output) => Note((Convolution)layer, input, output)));
        }

        network.forward(x, t).Dispose();
        hooks.ForEach(hook => hook.remove());
    }

    /// <summary>Floating point operations of one evaluation in the convolutions.</summary>
    public double Flops { get; private set; }

    /// <summary>Seconds of all convolutions of one evaluation, each in its better layout; the best of some tries each.</summary>
    public double Seconds()
    {
        double sum = 0;
        foreach ((Tensor x, Tensor weight, long stride, int count) in _shapes.Values)
            sum += count * Math.Min(Best(x, weight, stride), Best(ChannelsLast(x), weight, stride));
        return sum;
    }

    private static Tensor ChannelsLast(Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static double Best(Tensor x, Tensor weight, long stride)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Repeats; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            using Tensor y = nn.functional.conv2d(x, weight, strides: [stride, stride], padding: [weight.shape[2] / 2, weight.shape[3] / 2]);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }

    private Tensor Note(Convolution layer, Tensor input, Tensor output)
    {
        Tensor weight = layer.get_parameter("weight")!;
        long stride = input.shape[2] / output.shape[2];
        (string, string, long) key = (string.Join(' ', input.shape), string.Join(' ', weight.shape), stride);
        int before = _shapes.TryGetValue(key, out var there) ? there.Count : 0;
        _shapes[key] = before > 0 ? there with { Count = before + 1 } : (ones(input.shape).DetachFromDisposeScope(), ones(weight.shape).DetachFromDisposeScope(), stride, 1);
        Flops += 2.0 * output.numel() * weight.shape[1] * weight.shape[2] * weight.shape[3];
        return output;
    }
}
