using DdpmJobs.Model.Datasets;
using DdpmJobs.Model.Networks;
using DdpmJobs.Model.Training;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DdpmJobs.Model.Evaluation.FeatureNetworks;

/// <summary>Trains the small classifier of a labelled data set. The weights are a function of recipe and images: the same bits again on the same machine with as many threads.</summary>
internal static class ClassifierTraining
{
    /// <summary>Trains.</summary>
    /// <param name="recipe">How.</param>
    /// <param name="images">Labelled images.</param>
    /// <param name="classes">Number of classes; every label is below it.</param>
    /// <param name="progress">Called with (steps done, in all); must return at once.</param>
    /// <param name="stop">Ends the work with <see cref="OperationCanceledException"/>, before the next step.</param>
    /// <returns>The weights by name, each with its shape and its float32 elements.</returns>
    /// <exception cref="InvalidDataException">The training ended in weights that are not finite.</exception>
    public static IReadOnlyList<(string Name, long[] Shape, byte[] Bytes)> Train(
        ClassifierRecipe recipe, ImageSet images, int classes, Action<long, long>? progress, CancellationToken stop)
    {
        using DisposeScope scope = NewDisposeScope();
        using ClassifierModule module = new(recipe.Seed, images.Shape.C, Math.Max(images.Shape.H, images.Shape.W), classes);
        using FlatParameters flat = new(module, CPU);
        Tensor[] slots = [.. recipe.Optimizer.Slots.Select(_ => zeros_like(flat.Values))];
        FirstPass first = new();
        EpochOrder order = new(recipe.Seed, images.Count, recipe.BatchSize);
        for (int step = 0; step < recipe.Steps; step++)
        {
            stop.ThrowIfCancellationRequested();
            using DisposeScope stepScope = NewDisposeScope();
            int[] batch = order.Indices(step);
            flat.Gradients.zero_();
            using (first.Enter(batch.Length))
                functional.cross_entropy(module.call(images.Batch(batch)), tensor(images.LabelsOf(batch, classes))).backward();
            recipe.Optimizer.Step(flat.Values, flat.Gradients, slots, step, recipe.Optimizer.LearningRate * recipe.Decay.FactorAt(step, 0, recipe.Steps));
            progress?.Invoke(step + 1, recipe.Steps);
        }

        if (!flat.Values.isfinite().all().item<bool>())
            throw new InvalidDataException($"The classifier of the data {images.ContentHash} cannot be used: its training ended in weights that are not finite.");
        return [.. flat.Split(flat.Values).Select(part => (part.Name, part.Value.shape, part.Value.contiguous().bytes.ToArray()))];
    }
}
