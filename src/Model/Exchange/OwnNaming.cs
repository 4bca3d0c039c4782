using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>Our own names. They are those of the networks' origins, so state dicts from there fit as they are.</summary>
/// <remarks>ermongroup/ddim, models/diffusion.py, for <c>ddpm_unet</c>: the PyTorch port of the paper's network. openai/improved-diffusion, unet.py, for <c>improved_unet</c>.</remarks>
internal sealed class OwnNaming : TensorNaming
{
    /// <inheritdoc/>
    public override string Program => "the network's own program";

    /// <inheritdoc/>
    public override bool Has(Network network) => true;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorPart> PartsOf(string parameter, IReadOnlyList<long> shape, Network network) => [new TensorPart([parameter], shape)];
}
