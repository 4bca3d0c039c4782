using DdpmJobs.Model.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>A small network in float64, with dropout, whose gradients lie in one flat buffer as in a training: what differs by more than its rounding is a mistake.</summary>
internal sealed class WideNetwork : nn.Module<Tensor, Tensor, Tensor>
{
    private const int Hidden = 5;

    private readonly Parameter _first;
    private readonly Parameter _second;

    public WideNetwork(int outChannels, DropoutContext dropout)
        : base(nameof(WideNetwork))
    {
        Dropout = dropout;
        (_first, _second) = (Weight(Hidden, 1), Weight(outChannels, Hidden));
        register_parameter("first", _first);
        register_parameter("second", _second);
        Gradients = zeros(_first.numel() + _second.numel(), float64);
        _first.grad = Gradients.narrow(0, 0, _first.numel()).view(_first.shape);
        _second.grad = Gradients.narrow(0, _first.numel(), _second.numel()).view(_second.shape);
    }

    public DropoutContext Dropout { get; }

    public Tensor Gradients { get; }

    public override Tensor forward(Tensor x, Tensor t)
    {
        Tensor h = nn.functional.conv2d(x.to(float64), _first, padding: [1, 1]);
        h = (h + t.to(float64).view(-1, 1, 1, 1) * 0.1).tanh();
        h = h * Dropout.Mask(h.shape, 0.3, 0, CPU);
        return nn.functional.conv2d(h, _second, padding: [1, 1]);
    }

    private static Parameter Weight(int to, int from)
    {
        double[] values = [.. Enumerable.Range(0, to * from * 9).Select(i => 0.4 * Math.Sin(1 + i))];
        return new Parameter(tensor(values, [to, from, 3, 3]));
    }
}
