using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>Squared error of the reverse step's mean, whatever the network predicts, mean over channels, rows and columns.</summary>
/// <remarks>
/// In float64: at small t the two means differ by little of themselves. The predicted image is not clipped. Table 2 of the paper calls its training unstable,
/// which is an outcome that a run may have.
/// </remarks>
[Kind("mse_mu", Summary = "squared error of the mean of the reverse step", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 8 without its weight, and table 2")]
public sealed record MseMuObjective : Objective
{
    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = inputs.Model.Process.QSample(inputs.X0, inputs.T, inputs.Noise);
        Tensor output = inputs.Network(xt, inputs.T).to(ScalarType.Float64);
        Tensor xtWide = xt.to(ScalarType.Float64);
        Tensor mean = inputs.Model.PMeanVariance(output, xtWide, inputs.T, clipDenoised: false).Mean;
        Tensor target = inputs.Model.Process.QPosteriorMean(inputs.X0.to(ScalarType.Float64), xtWide, inputs.T);
        return (mean - target).square().mean([1, 2, 3]).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
