using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;
using Convolution = DdpmJobs.Model.Networks.Layers.Convolution;

namespace DdpmJobs.Benchmarks;

/// <summary>The machine's speed on the convolutions of a network, one by one and with nothing between: what no implementation on this library passes.</summary>
internal sealed class ConvolutionLimit
{
    private const int Repeats = 3;

    private readonly Dictionary<(string Input, string Weight, long Stride), (Tensor X, Tensor Weight, long Stride, long[] Padding, int Count)> _shapes = [];

    /// <summary>Begins with no convolution.</summary>
    public ConvolutionLimit()
    {
    }

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
        foreach ((Tensor x, Tensor weight, long stride, long[] padding, int count) in _shapes.Values)
        {
            // What is left over here would make the next pass touch new memory, at the price of page faults.
            using DisposeScope scope = NewDisposeScope();
            sum += count * Math.Min(Best(x, weight, stride, padding), Best(ChannelsLast(x), ChannelsLast(weight), stride, padding));
        }

        return sum;
    }

    /// <summary>Adds a convolution.</summary>
    /// <param name="input">(N, C, H, W).</param>
    /// <param name="weight">(C', C, K, L).</param>
    /// <param name="stride">Pixels from one place to the next.</param>
    /// <param name="padding">Zeros at each border of height and width.</param>
    public void Add(long[] input, long[] weight, long stride, long[] padding)
    {
        (string, string, long) key = (string.Join(' ', input), string.Join(' ', weight), stride);
        int before = _shapes.TryGetValue(key, out var there) ? there.Count : 0;
        _shapes[key] = before > 0 ? there with { Count = before + 1 } : (ones(input).DetachFromDisposeScope(), ones(weight).DetachFromDisposeScope(), stride, padding, 1);
        long places = ((input[2] + 2 * padding[0] - weight[2]) / stride + 1) * ((input[3] + 2 * padding[1] - weight[3]) / stride + 1);
        Flops += 2.0 * input[0] * places * weight.Aggregate((product, extent) => product * extent);
    }

    private static Tensor ChannelsLast(Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static double Best(Tensor x, Tensor weight, long stride, long[] padding)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Repeats; i++)
        {
            Stopwatch clock = Stopwatch.StartNew();
            using Tensor y = nn.functional.conv2d(x, weight, strides: [stride, stride], padding: padding);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }

    private Tensor Note(Convolution layer, Tensor input, Tensor output)
    {
        long[] weight = layer.get_parameter("weight")!.shape;
        Add(input.shape, weight, input.shape[2] / output.shape[2], [weight[2] / 2, weight[3] / 2]);
        return output;
    }
}
