using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks;

/// <summary>What a network is made of and what one pass of one image costs.</summary>
/// <param name="Image">Channels, height and width of the input.</param>
/// <param name="OutputChannels">Channels of the output.</param>
/// <param name="Layers">The layers in the order in which they are passed.</param>
/// <remarks>
/// A layer's MACs are its weights times the places where they are applied, and in self-attention the products of queries, keys and values. Normalisations,
/// activations and additions are not counted, as is usual.
/// </remarks>
public sealed record NetworkSummary(IReadOnlyList<int> Image, int OutputChannels, IReadOnlyList<LayerSummary> Layers)
{
    /// <summary>Number of all parameters.</summary>
    public long Parameters => Layers.Sum(layer => layer.Parameters);

    /// <summary>Multiplications, each with an addition, of one pass of one image.</summary>
    public long Macs => Layers.Sum(layer => layer.Macs);

    /// <summary>Passes one image of zeros through a network and writes down every layer that it meets.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">Channels, height and width of x_t; height and width are equal.</param>
    /// <param name="outputChannels">Channels of the output: twice the image's where the variance is learned.</param>
    /// <exception cref="SpecException">The network does not exist for this size; the path is relative to the network.</exception>
    /// <exception cref="InvalidOperationException">A layer with parameters was not met: it is not invoked by <c>call</c>, which hooks need.</exception>
    public static NetworkSummary Of(Network network, (int C, int H, int W) image, int outputChannels)
    {
        if (image.H != image.W)
            throw new SpecException("", $"takes square images; got {image.H} x {image.W} pixels");
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor, Tensor> module = network.Build(image.C, outputChannels, image.H, 0, new DropoutContext(0));
        module.eval();

        // Listen to every layer that has parameters of its own, or multiplies without.
        List<LayerSummary> layers = [];
        foreach ((string name, nn.Module child) in Descendants("", module).DistinctBy(child => child.Module, ReferenceEqualityComparer.Instance))
        {
            if (!OwnParameters(child).Any() && child is not IHiddenProducts)
                continue;
            if (child is nn.Module<Tensor, Tensor> layer)
                layer.register_forward_hook((_, _, output) => Note(name, layer, output));
            else if (child is nn.Module<Tensor, Tensor, Tensor> conditional)
                conditional.register_forward_hook((_, _, _, output) => Note(name, conditional, output));
        }

        Tensor labels = zeros(1, dtype: ScalarType.Int64);
        ConditionalModule.Given(module, network.LabelCount > 0 ? labels : null)(zeros(1, image.C, image.H, image.W), zeros(1, dtype: ScalarType.Int64));

        long counted = layers.Sum(layer => layer.Parameters);
        long there = module.parameters().Sum(parameter => parameter.numel());
        if (counted != there)
            throw new InvalidOperationException($"{counted} of {there} parameters are in layers that were met.");
        return new NetworkSummary([image.C, image.H, image.W], outputChannels, layers);

        Tensor Note(string name, nn.Module layer, Tensor output)
        {
            layers.Add(Summarize(name, layer, output.shape));
            return output;
        }
    }

    // A module in a field stands here under the field's name too, after the name that it was registered by.
    private static IEnumerable<(string Name, nn.Module Module)> Descendants(string prefix, nn.Module module) => module.named_children().SelectMany(
        child => Descendants($"{prefix}{child.name}.", child.module).Prepend(($"{prefix}{child.name}", child.module)));

    private static IEnumerable<Tensor> OwnParameters(nn.Module layer) => layer.named_parameters(recurse: false).Select(parameter => parameter.parameter);

    private static LayerSummary Summarize(string name, nn.Module layer, long[] output)
    {
        // A weight matrix or kernel is applied once a place of its output; a label's vector is only looked up.
        long places = output.Skip(2).Aggregate(1L, (product, extent) => product * extent);
        long weights = layer is LabelEmbedding ? 0 : OwnParameters(layer).Where(parameter => parameter.dim() > 1).Sum(parameter => parameter.numel());
        long hidden = layer is IHiddenProducts products ? products.Products(output) : 0;
        return new LayerSummary(name, Words(layer.GetType().Name), output[1..], OwnParameters(layer).Sum(parameter => parameter.numel()), weights * places + hidden);
    }

    private static string Words(string typeName) => SpecShape.NameOf(typeName).Replace('_', ' ');
}
