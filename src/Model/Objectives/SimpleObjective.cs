using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>Squared error of what the network predicts, mean over channels, rows and columns.</summary>
[Kind("simple", Summary = "squared error of what the network predicts; the best images of the paper", Source = "Ho et al. 2020 (arXiv:2006.11239), eq. 14")]
public sealed record SimpleObjective : Objective
{
    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = inputs.Model.Process.QSample(inputs.X0, inputs.T, inputs.Noise);
        Tensor output = inputs.Network(xt, inputs.T);
        Tensor target = inputs.Model.Prediction.Target(inputs.Model.Process, inputs.X0, xt, inputs.T, inputs.Noise);
        Tensor predicted = inputs.Model.PredictionChannels(output);
        return (predicted - target).square().mean([1, 2, 3]).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }
}
