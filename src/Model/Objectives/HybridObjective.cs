using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Objectives;

/// <summary>The squared error trains the mean, and the variational bound the variance: the mean is held fixed in the bound.</summary>
/// <remarks>The two parts share one call of the network. The predicted image is not clipped, as in <see cref="VlbObjective"/>.</remarks>
[Kind("hybrid", Summary = "simple for the mean, and the bound for a learned variance", Source = "Nichol and Dhariwal 2021 (arXiv:2102.09672), eq. 16")]
public sealed record HybridObjective : Objective
{
    private const double Lambda = 0.001; // Nichol and Dhariwal 2021, section 3.1

    /// <summary>Whether the bound's term is multiplied by T / 1000, so that over uniform t it estimates 0.001 times the whole bound; else it is added as it is.</summary>
    [Description("multiply the bound's term by T / 1000, as in the paper; else add it as it is")]
    public bool Rescaled { get; init; } = true;

    /// <inheritdoc/>
    public override bool TrainsVariance => true;

    /// <inheritdoc/>
    public override Tensor Losses(ObjectiveInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor xt = inputs.Model.Process.QSample(inputs.X0, inputs.T, inputs.Noise);
        Tensor output = inputs.Network(xt, inputs.T);
        Tensor loss = SquaredError.Of(inputs, output, xt) + BoundPart(inputs, output, xt);
        return loss.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The bound's term, scaled, which has no gradient in the channels of the mean.</summary>
    /// <param name="inputs">Batch and model.</param>
    /// <param name="output">The network's output at (x_t, t).</param>
    /// <param name="xt">x_t, shaped as the images.</param>
    /// <returns>(N,) float64; the caller disposes it.</returns>
    internal Tensor BoundPart(ObjectiveInputs inputs, Tensor output, Tensor xt)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor mean = inputs.Model.PredictionChannels(output);
        Tensor variance = output.narrow(1, mean.shape[1], output.shape[1] - mean.shape[1]);
        Tensor frozen = cat([mean.detach(), variance], 1);
        (Tensor bits, _) = VariationalBound.Term(inputs.Model, frozen, inputs.X0, xt, inputs.T, clipDenoised: false, inputs.Levels, Decoder.Exact);
        return (Rescaled ? bits * (Lambda * inputs.Model.Process.Timesteps) : bits).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Check(RunSpec run, string path)
    {
        if (run.Process.Variance.OutputsPerChannel == 1)
        {
            throw new SpecException(path,
                $"hybrid cannot be used with the variance {Kinds.NameOf(run.Process.Variance)}: with the mean held fixed, its bound has nothing to train; "
                + "use simple, or the variance learned_range or learned");
        }
    }
}
