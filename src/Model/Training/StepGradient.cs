using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Networks.Layers;
using DdpmJobs.Model.Objectives;
using DdpmJobs.Model.Specs;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Takes the gradient of a step: that of the mean of the images' weighted losses, in as many passes as the spec asks for.</summary>
/// <param name="spec">The run.</param>
/// <param name="diffusion">Process, prediction and variance of the run.</param>
/// <param name="network">The network, in training mode.</param>
/// <param name="dropout">Draws its dropout masks.</param>
/// <param name="gradients">Where the parameters' gradients lie, (P,); used, not taken over.</param>
/// <remarks>
/// Every part sees the rows of the batch and of the dropout masks that it has in the whole, so the parts differ from one pass over all by the rounding of sums only.
/// Nothing here waits for the device.
/// </remarks>
internal sealed class StepGradient(RunSpec spec, DiffusionModel diffusion, nn.Module<Tensor, Tensor, Tensor> network, DropoutContext dropout, Tensor gradients)
{
    private readonly StepParts _parts = StepParts.Of(spec.Training);

    /// <summary>Takes the gradient of one step into the gradients.</summary>
    /// <param name="batch">The batch; used, not taken over.</param>
    /// <param name="step">The optimiser step, zero-based, that the dropout masks belong to.</param>
    /// <returns>The loss of each image without its weight, (N,) float32, without a graph; belongs to the dispose scope in force.</returns>
    public Tensor Take(Batch batch, long step)
    {
        using DisposeScope scope = NewDisposeScope();
        dropout.Step = step;
        gradients.zero_();
        Tensor? mean = _parts.Replicas > 1 ? zeros_like(gradients) : null;
        List<Tensor> losses = [];
        for (int pass = 0; pass < _parts.Passes; pass++)
        {
            losses.Add(Pass(batch, pass));

            // Clip what this replica has gathered, and begin anew for the next.
            if (mean is not null && (pass + 1) % _parts.PassesPerReplica == 0)
            {
                WeightUpdate.Clip(gradients, spec.Training.ClipNorm);
                mean.add_(gradients, alpha: 1.0 / _parts.Replicas);
                gradients.zero_();
            }
        }

        if (mean is not null)
            gradients.copy_(mean);
        return (losses.Count == 1 ? losses[0] : cat(losses)).MoveToOuterDisposeScope();
    }

    // The scope ends with the pass: what it kept for its gradient is gone before the next begins.
    private Tensor Pass(Batch batch, int pass)
    {
        using DisposeScope scope = NewDisposeScope();
        long first = (long)pass * _parts.Rows;
        dropout.FirstRow = first;
        using IDisposable precision = MixedPrecision.Use(spec.Training.Precision);
        Tensor losses = spec.Objective.Losses(new ObjectiveInputs
        {
            Model = diffusion,
            Network = diffusion.ByTimestep(ConditionalModule.Given(network, batch.Labels is null ? null : Rows(batch.Labels))),
            X0 = Rows(batch.X0),
            T = Rows(batch.T),
            Noise = Rows(batch.Noise),
            Levels = spec.Data.Levels,
        });
        Tensor loss = (losses * Rows(batch.Weights)).mean();
        if (_parts.PassesPerReplica > 1)
            loss = loss / _parts.PassesPerReplica;
        loss.backward();
        return losses.detach().MoveToOuterDisposeScope();

        Tensor Rows(Tensor whole) => _parts.Passes == 1 ? whole : whole.narrow(0, first, _parts.Rows);
    }
}
