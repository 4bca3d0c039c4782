using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Training;

/// <summary>How the batch of a step is cut: into the parts that one pass through the network takes, and into the replicas whose gradients are clipped each.</summary>
/// <param name="Passes">Passes through the network.</param>
/// <param name="Rows">Images of one pass.</param>
/// <param name="Replicas">Parts of the batch that are clipped each; 1 where the whole batch is.</param>
internal sealed record StepParts(int Passes, int Rows, int Replicas)
{
    /// <summary>Passes that one replica is made of.</summary>
    public int PassesPerReplica => Passes / Replicas;

    /// <summary>The parts of a training that <see cref="Check"/> passes: no pass is larger than asked, and none reaches over the border of a replica.</summary>
    public static StepParts Of(TrainingSpec training)
    {
        int passes = Math.Max(training.Accumulation, training.ClipReplicas);
        return new StepParts(passes, training.BatchSize / passes, training.ClipReplicas);
    }

    /// <summary>Refuses parts that do not come out even.</summary>
    /// <exception cref="SpecException">Names the values that do not go together.</exception>
    public static void Check(TrainingSpec training, string path)
    {
        (int batch, int parts, int replicas) = (training.BatchSize, training.Accumulation, training.ClipReplicas);
        if (batch % parts != 0)
            throw new SpecException(SpecPath.Member(path, "accumulation"), $"must divide batch_size, so that every part has as many images; got accumulation {parts}, batch_size {batch}");
        if (batch % replicas != 0)
            throw new SpecException(SpecPath.Member(path, "clip_replicas"), $"must divide batch_size, so that every replica has as many images; got clip_replicas {replicas}, batch_size {batch}");
        if (replicas > 1 && training.ClipNorm == 0)
            throw new SpecException(SpecPath.Member(path, "clip_replicas"), $"is {replicas}, but clip_norm 0 switches clipping off; set clip_norm, or leave clip_replicas out");
        if (parts % replicas != 0 && replicas % parts != 0)
        {
            throw new SpecException(SpecPath.Member(path, "clip_replicas"),
                $"must divide accumulation or be a multiple of it, so that no part belongs to two replicas; got clip_replicas {replicas}, accumulation {parts}");
        }
    }
}
