using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>The term of the variational bound at each image's t, in bits/dim: the divergence from the posterior for t &gt; 0, the code length of the pixels at t = 0.</summary>
/// <remarks>The predicted image is not clipped: a clipped one would have no gradient where it is most wrong.</remarks>
[Kind("vlb", Summary = "the variational bound; better likelihoods and worse images than simple", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 5")]
public sealed record VlbObjective : Objective
{
    /// <summary>
    /// Whether each term is multiplied by T, so that the mean loss over uniform t estimates the whole bound (less the fixed L_T) in bits/dim.
    /// Off as in the program of Ho et al.; improved-diffusion's rescaled_kl has it on. It changes the training only through gradient clipping and Adam's epsilon.
    /// </summary>
    [Description("multiply each term by T, so that the mean loss estimates the whole bound")]
    public bool Rescaled { get; init; }

    /// <inheritdoc/>
    public override bool TrainsVariance => true;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = inputs.Model.Process.QSample(inputs.X0, inputs.T, inputs.Noise);
        Tensor output = inputs.Network(xt, inputs.T);
        (Tensor bits, _) = VariationalBound.Term(inputs.Model, output, inputs.X0, xt, inputs.T, clipDenoised: false, inputs.Levels, Decoder.Exact);
        if (Rescaled)
            bits = bits * inputs.Model.Process.Timesteps;
        return bits.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
