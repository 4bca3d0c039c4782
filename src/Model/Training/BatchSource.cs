using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Randomness;
using DdpmJobs.Model.Specs;
using DdpmJobs.Model.Timesteps;
using TorchSharp;
using static TorchSharp.torch;

namespace DdpmJobs.Model.Training;

/// <summary>Draws training batches: batch s is a pure function of the spec, s and the losses before it where t is drawn by them, so any step can be done again anywhere.</summary>
/// <param name="spec">The run.</param>
/// <param name="images">The training images.</param>
/// <param name="device">Where the batches go.</param>
internal sealed class BatchSource(RunSpec spec, ImageSet images, Device device)
{
    private readonly int _batchSize = spec.Training.BatchSize;
    private readonly EpochOrder _order = new(spec.Seed, images.Count, spec.Training.BatchSize);

    /// <summary>Whether t depends on the losses of the steps before.</summary>
    private bool Learns => spec.Training.TimestepSampler.LossesPerTimestep > 0;

    /// <summary>Where the batches go.</summary>
    public Device Device => device;

    /// <summary>Draws the batch of a step.</summary>
    /// <param name="step">The optimiser step, zero-based.</param>
    /// <param name="history">The losses before it; null where the timestep sampler needs none.</param>
    /// <returns>The batch, in the dispose scope in force.</returns>
    public Batch Draw(long step, LossHistory? history = null) => Complete(Prepare(step), history);

    /// <summary>Draws what does not depend on the steps before; any thread may ask.</summary>
    /// <returns>On the CPU, in the dispose scope in force.</returns>
    public HostBatch Prepare(long step) => new(step, Images(step), Noise(step), Labels(step), Learns ? null : Times(step, null));

    /// <summary>Draws the rest, and hands the batch over to the device.</summary>
    /// <param name="host">What was prepared; taken over.</param>
    /// <param name="history">As for <see cref="Draw"/>.</param>
    public Batch Complete(HostBatch host, LossHistory? history) => host.To(host.Times ?? Times(host.Step, history), device);

    /// <summary>Zero-based indices of the images of a step.</summary>
    public int[] Indices(long step) => _order.Indices(step);

    private HostTimes Times(long step, LossHistory? history)
        => HostTimes.Of(spec.Training.TimestepSampler.Draw(spec.Process.Timesteps, _batchSize, spec.Seed, step, history));

    private Tensor Images(long step)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x0 = images.Batch(Indices(step));
        if (!spec.Training.HorizontalFlip)
            return x0.MoveToOuterDisposeScope();

        uint[] draws = new uint[_batchSize];
        new RandomStream(spec.Seed, RandomPurpose.Flip, step).FillUInt32(draws);
        bool[] flips = [.. draws.Select(draw => draw >> 31 == 1)];
        Tensor flip = tensor(flips).view(-1, 1, 1, 1);
        return where(flip, x0.flip(3), x0).MoveToOuterDisposeScope();
    }

    private Tensor? Labels(long step)
    {
        if (spec.Network.LabelCount == 0)
            return null;
        long[] labels = images.LabelsOf(Indices(step), spec.Network.LabelCount);
        for (int row = 0; row < labels.Length; row++)
        {
            double[] draw = new double[1];
            new RandomStream(spec.Seed, RandomPurpose.LabelDropout, step, row).FillUniform(draw);
            if (draw[0] < spec.Training.LabelDropout)
                labels[row] = ConditionalModule.NoLabel;
        }

        return tensor(labels);
    }

    private Tensor Noise(long step)
    {
        (int channels, int height, int width) = images.Shape;
        int size = channels * height * width;
        float[] noise = new float[_batchSize * size];
        for (int row = 0; row < _batchSize; row++)
            new RandomStream(spec.Seed, RandomPurpose.Noise, step, row).FillNormal(noise.AsSpan(row * size, size));
        return tensor(noise, [_batchSize, channels, height, width]);
    }
}
