using DdpmJobs.Model.Diffusion;
using DdpmJobs.Model.Samplers;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Sampling;

/// <summary>Draws samples and keeps the predicted image at regular times: how an image forms, the coarse before the fine.</summary>
/// <remarks>Ho et al. 2020 (arXiv:2006.11239), section 4.3, figure 6; p_sample_loop_progressive of their program.</remarks>
public static class ProgressiveGeneration
{
    /// <summary>Draws samples.</summary>
    /// <param name="sampler">The reverse process.</param>
    /// <param name="model">How the network's output is read.</param>
    /// <param name="network">As in <see cref="Sampler.Sample"/>.</param>
    /// <param name="request">Which samples, and where.</param>
    /// <param name="every">Timesteps a recorded prediction: slot s keeps the prediction at the smallest time visited in [s every, (s + 1) every).</param>
    /// <returns>A slot for each full stretch of <paramref name="every"/> timesteps in T, without those that the sampler did not visit.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="every"/> is not between 1 and T.</exception>
    /// <exception cref="OperationCanceledException">The request's stop was asked for.</exception>
    public static ProgressiveSamples Draw(Sampler sampler, DiffusionModel model, Func<Tensor, Tensor, Tensor> network, SampleRequest request, int every)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(every, model.Process.Timesteps);
        using DisposeScope scope = NewDisposeScope();
        int slots = model.Process.Timesteps / every;
        SortedDictionary<int, (double Time, Tensor Image)> kept = [];
        Tensor samples = sampler.Sample(model, network, request with { OnPrediction = Keep });
        return new ProgressiveSamples(
            samples.MoveToOuterDisposeScope(), [.. kept.Values.Select(slot => slot.Time)], stack([.. kept.Values.Select(slot => slot.Image)]).MoveToOuterDisposeScope());

        // Times fall, so the last prediction of a slot is the one of its smallest time.
        void Keep(double time, Tensor predX0)
        {
            request.OnPrediction?.Invoke(time, predX0);
            int slot = (int)(time / every);
            if (slot >= slots)
                return;
            if (kept.TryGetValue(slot, out (double, Tensor Image) old))
                old.Image.Dispose();
            kept[slot] = (time, predX0.clone().MoveToOtherDisposeScope(scope));
        }
    }
}
