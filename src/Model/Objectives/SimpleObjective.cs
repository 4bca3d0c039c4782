using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>Squared error of what the network predicts, mean over channels, rows and columns.</summary>
[Kind("simple", Summary = "squared error of what the network predicts; the best images of the paper", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 14")]
public sealed record SimpleObjective : Objective
{
    /// <inheritdoc/>
    public override bool TrainsVariance => false;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = inputs.Model.Process.QSample(inputs.X0, inputs.T, inputs.Noise);
        Tensor output = inputs.Network(xt, inputs.T);
        return SquaredError.Of(inputs, output, xt).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
