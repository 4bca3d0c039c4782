using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>Our own names. They are those of the networks' origins, so state dicts from there fit as they are.</summary>
/// <remarks>ermongroup/ddim, models/diffusion.py, for <c>ddpm_unet</c>: the PyTorch port of the paper's network.</remarks>
internal sealed class OwnNaming : TensorNaming
{
    /// <inheritdoc/>
    public override string Program => "the network's own program";

    /// <inheritdoc/>
    public override bool Has(Network network) => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> NamesOf(string parameter, Network network) => [parameter];

    /// <inheritdoc/>
    public override IReadOnlyList<long> ShapeOf(string parameter, IReadOnlyList<long> shape) => shape;
}
