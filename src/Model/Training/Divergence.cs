using System.Globalization;

namespace DdpmJobs.Model.Training;

/// <summary>All that is known of the step that a training diverged at.</summary>
public sealed record Divergence
{
    /// <summary>Images named in <see cref="Sentence"/>; the rest are counted.</summary>
    private const int ImagesInWords = 8;

    /// <summary>The optimiser step, zero-based.</summary>
    public required long Step { get; init; }

    /// <summary>What was wrong with it.</summary>
    public required DivergenceCause Cause { get; init; }

    /// <summary>Its loss, in the objective's unit.</summary>
    public double Loss { get; init; } = double.NaN;

    /// <summary>Its global gradient norm before clipping.</summary>
    public double GradNorm { get; init; } = double.NaN;

    /// <summary>The bound that the loss was over; null where it was not that.</summary>
    public double? LossAbove { get; init; }

    /// <summary>Steps in a row that it was over the bound, this one included; null where it was not that.</summary>
    public int? StepsOver { get; init; }

    /// <summary>Zero-based indices of the images of its batch in the training set, in the batch's order.</summary>
    public IReadOnlyList<int> Images { get; init; } = [];

    /// <summary>Zero-based timestep t of each of them.</summary>
    public IReadOnlyList<long> Timesteps { get; init; } = [];

    /// <summary>Steps that the last good checkpoint holds, all of them sound; null where there is none.</summary>
    public long? CheckpointStep { get; init; }

    /// <summary>Path of that file; null where there is none.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>One sentence for each question that a person has: what, where, with which images, and where to go on from.</summary>
    public string Sentence => string.Create(CultureInfo.InvariantCulture, $"Training diverged at step {Step}: {Reason()}. {Batch()}{Checkpoint()}");

    private string Reason() => Cause switch
    {
        DivergenceCause.Loss => string.Create(CultureInfo.InvariantCulture, $"the loss is {Loss} (gradient norm {GradNorm:G6})"),
        DivergenceCause.Gradient => string.Create(CultureInfo.InvariantCulture, $"the gradient norm is {GradNorm} (loss {Loss:G6})"),
        DivergenceCause.Weights => string.Create(CultureInfo.InvariantCulture, $"its update made weights that are not finite (loss {Loss:G6}, gradient norm {GradNorm:G6})"),
        _ => string.Create(CultureInfo.InvariantCulture, $"the loss is {Loss:G6}, and has been over {LossAbove} for {Steps(StepsOver ?? 0)} (gradient norm {GradNorm:G6})"),
    };

    private string Batch() => Images.Count == 0 ? ""
        : Images.Count <= ImagesInWords ? $"Its batch: images {string.Join(", ", Images)}. "
        : $"Its batch: images {string.Join(", ", Images.Take(ImagesInWords))} and {Images.Count - ImagesInWords} more. ";

    private string Checkpoint() => CheckpointStep is long done ? $"The last good checkpoint holds {Steps(done)}." : "There is no checkpoint before it.";

    private static string Steps(long count) => count == 1 ? "1 step" : string.Create(CultureInfo.InvariantCulture, $"{count} steps");
}
