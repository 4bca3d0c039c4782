using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>What the networks are made of but convolutions and normalisation, which libtorch's meta device does not have: embeddings, dense layers, attention, dropout.</summary>
internal sealed class DenseNetwork : ConditionalModule
{
    private const int Width = 16;

    private readonly Dense _time;
    private readonly LabelEmbedding _labels;
    private readonly Dense _in;
    private readonly Dense _out;
    private readonly DropoutContext _dropout;

    public DenseNetwork(int outChannels, DropoutContext dropout)
        : base(nameof(DenseNetwork))
    {
        Initializer init = new(1);
        _dropout = dropout;
        _time = new Dense(init, Width, Width);
        _labels = new LabelEmbedding(init, 10, Width);
        _in = new Dense(init, 64, Width);
        _out = new Dense(init, Width, 64 * outChannels);
        register_module("time", _time);
        register_module("labels", _labels);
        register_module("in", _in);
        register_module("out", _out);
    }

    public override Tensor Predict(Tensor x, Tensor t, Tensor? labels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor time = LabelEmbedding.Add(_labels, _time.call(TimestepEmbedding.Of(t, Width)), labels);
        Tensor h = nn.functional.silu(_in.call(x.flatten(1)) + time).view(-1, 4, 4);
        h = MixedPrecision.Product(MixedPrecision.Product(h.transpose(1, 2), h).softmax(-1), h).flatten(1);
        h = h * _dropout.Mask([h.shape[0], Width, 1, 1], 0.3, 0, h.device).flatten(1);
        return _out.call(h).view(x.shape[0], -1, 8, 8).MoveToOuterDisposeScope();
    }
}
