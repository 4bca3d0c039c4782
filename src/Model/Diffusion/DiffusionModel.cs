using DdpmJobs.Model.Predictions;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Variances;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Diffusion;

/// <summary>How a network's output becomes p(x_{t-1} | x_t): the process, what the network predicts, and the variance.</summary>
/// <param name="process">The forward process.</param>
/// <param name="prediction">The reading of the first C output channels.</param>
/// <param name="variance">The variance, and the reading of the second C output channels where it is learned.</param>
public sealed class DiffusionModel(GaussianDiffusion process, Prediction prediction, Variance variance)
{
    private const double RescaledTimesteps = 1000; // openai/improved-diffusion, gaussian_diffusion.py, _scale_timesteps

    // The process that the network was trained on and the kept timesteps of it, where this model takes longer steps and the output speaks of one step.
    private (GaussianDiffusion Process, IReadOnlyList<long> Timesteps)? _trained;

    /// <summary>The forward process.</summary>
    public GaussianDiffusion Process { get; } = process;

    /// <summary>What the network predicts.</summary>
    public Prediction Prediction { get; } = prediction;

    /// <summary>The variance of the reverse step.</summary>
    public Variance Variance { get; } = variance;

    /// <summary>What the network sees of one timestep: 1, or 1000 / T where the spec rescales.</summary>
    public double TimeUnit { get; init; } = 1;

    /// <summary>Builds the model of a spec.</summary>
    /// <exception cref="SpecException">The schedule does not exist for this T; the path is relative to the schedule.</exception>
    public static DiffusionModel From(ProcessSpec process)
        => new(new GaussianDiffusion(process.Schedule.Betas(process.Timesteps)), process.Prediction, process.Variance)
        {
            TimeUnit = process.RescaleTimesteps ? RescaledTimesteps / process.Timesteps : 1,
        };

    /// <summary>Channels that the network must put out.</summary>
    public int OutputChannels(int imageChannels) => imageChannels * Variance.OutputsPerChannel;

    /// <summary>The same model seen only at some timesteps; its network is still handed the timesteps of this one.</summary>
    /// <param name="timesteps">Kept timesteps, ascending.</param>
    public DiffusionModel Respaced(IReadOnlyList<int> timesteps)
    {
        DiffusionModel respaced = new(Process.Respaced(timesteps), Prediction, Variance);
        if (Prediction.IsOfOneStep && (_trained is not null || timesteps.Count < Process.Timesteps))
            respaced._trained = (_trained?.Process ?? Process, [.. timesteps.Select(t => _trained?.Timesteps[t] ?? t)]);
        return respaced;
    }

    /// <summary>The network as objectives, metrics and samplers call it: by timesteps of this model, which it sees in its own unit. Whoever hands a network on does so through here.</summary>
    /// <param name="network">x_t (N, C, H, W) and t (N,) in units of <see cref="TimeUnit"/> to (N, C', H, W).</param>
    /// <returns>x_t and zero-based t, (N,) int64, or floating where a sampler asks between timesteps, to the same.</returns>
    public Func<Tensor, Tensor, Tensor> ByTimestep(Func<Tensor, Tensor, Tensor> network) => TimeUnit == 1 ? network : (xt, t) =>
    {
        using Tensor timesteps = t.to(ScalarType.Float32);
        using Tensor times = timesteps * TimeUnit;
        return network(xt, times);
    };

    /// <summary>The output's channels that the prediction reads.</summary>
    /// <param name="output">(N, C', H, W).</param>
    /// <returns>(N, C, H, W), a view; the caller disposes it.</returns>
    public Tensor PredictionChannels(Tensor output) => output.narrow(1, 0, output.shape[1] / Variance.OutputsPerChannel);

    /// <summary>Reads an output as p(x_{t-1} | x_t).</summary>
    /// <param name="output">The network's output at (x_t, t), (N, C', H, W) floating.</param>
    /// <param name="xt">(N, C, H, W) floating.</param>
    /// <param name="t">Zero-based timestep per image, (N,) int64.</param>
    /// <param name="clipDenoised">Whether the predicted image is clipped to [-1, 1] before the mean is formed: in sampling and evaluation, not in training.</param>
    /// <exception cref="ArgumentException">The output has not <see cref="OutputChannels"/> channels.</exception>
    /// <remarks>Algorithm 2 of Ho et al. 2020 shows no clipping; their program clips.</remarks>
    public ReverseStep PMeanVariance(Tensor output, Tensor xt, Tensor t, bool clipDenoised)
    {
        long channels = xt.shape[1];
        if (output.shape[1] != OutputChannels((int)channels))
            throw new ArgumentException($"The network must put out {OutputChannels((int)channels)} channels; got {output.shape[1]}.", nameof(output));

        using DisposeScope scope = NewDisposeScope();
        Tensor predicted = PredictionChannels(output);
        Tensor? values = Variance.OutputsPerChannel > 1 ? output.narrow(1, channels, output.shape[1] - channels) : null;

        Tensor predX0 = PredictX0(predicted, xt, t);
        if (clipDenoised)
            predX0 = predX0.clamp(-1, 1);
        Tensor mean = _trained is null ? Prediction.Mean(Process, predicted, predX0, xt, t) : Process.QPosteriorMean(predX0, xt, t);
        (Tensor variance, Tensor logVariance) = Variance.Of(Process, values, t, xt);
        return new ReverseStep(
            mean.MoveToOuterDisposeScope(), variance.MoveToOuterDisposeScope(), logVariance.MoveToOuterDisposeScope(), predX0.MoveToOuterDisposeScope());
    }

    private Tensor PredictX0(Tensor predicted, Tensor xt, Tensor t)
    {
        if (_trained is not (GaussianDiffusion process, IReadOnlyList<long> timesteps))
            return Prediction.PredictX0(Process, predicted, xt, t);
        using Tensor map = tensor((long[])[.. timesteps], dtype: ScalarType.Int64, device: t.device);
        using Tensor trainedAt = map[t];
        return Prediction.PredictX0(process, predicted, xt, trainedAt);
    }
}
