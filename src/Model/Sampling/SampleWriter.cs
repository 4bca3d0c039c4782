using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Sampling;

/// <summary>Draws the samples of a spec from a trained network and writes them.</summary>
public static class SampleWriter
{
    /// <summary>Draws <c>sampling.count</c> images; image i depends on checkpoint, sampler, seed and i only.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="checkpoint">Path of a checkpoint of that run.</param>
    /// <param name="device">Device name as libtorch writes it.</param>
    /// <param name="folder">An existing folder to write <c>samples.png</c> and <c>samples.safetensors</c> to.</param>
    /// <param name="progress">Called with (network evaluations of images done, in all); must return at once.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>.</param>
    public static SampleSet Write(RunSpec spec, string checkpoint, string device, string folder, Action<long, long>? progress, CancellationToken stop)
        => throw new NotImplementedException();
}
