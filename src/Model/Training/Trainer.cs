using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>Trains one run from a spec, or goes on with it from a checkpoint.</summary>
public static class Trainer
{
    /// <summary>Trains to the end of the spec, or until <paramref name="stop"/>; either way the state is in a checkpoint on return.</summary>
    /// <exception cref="SpecException">The spec cannot be trained, or the checkpoint is of another spec.</exception>
    /// <exception cref="DivergedException">The loss or the gradient is not finite.</exception>
    public static TrainingEnd Train(RunSpec spec, TrainingSession session, CancellationToken stop) => throw new NotImplementedException();
}
