using static TorchSharp.torch;

namespace DdpmJobs.Model.Networks.Layers;

/// <summary>Frees memory while a backward pass goes through functions of our own.</summary>
/// <remarks>
/// TorchSharp 0.107 keeps what such a function saved until the whole graph goes, where libtorch's own operators let go of it as soon as they have used it; and the gradients that go in and
/// come out live as long as the dispose scope around the whole pass. Together that made the pass back take more memory with each layer rather than less.
/// </remarks>
internal static class BackwardPass
{
    // What the function before this one returned on this thread: libtorch holds it by now, if it still needs it.
    [ThreadStatic]
    private static IReadOnlyList<Tensor?>? _returned;

    /// <summary>Takes what was saved for a backward pass, which can be done once.</summary>
    /// <param name="context">The function's context.</param>
    /// <returns>The saved tensors; they belong to the dispose scope in force.</returns>
    public static List<Tensor> TakeSaved(autograd.AutogradContext context)
    {
        Free();
        List<Tensor> saved = context.get_saved_variables();
        context.Dispose();
        return saved;
    }

    /// <summary>Ends a function's backward pass.</summary>
    /// <param name="outputGradient">What it was given; not used after this.</param>
    /// <param name="gradients">The gradients of its inputs, null for an input without one; taken over, and freed when the next function of the thread begins.</param>
    /// <returns>The gradients, for libtorch; they belong to the dispose scope outside the one in force.</returns>
    public static List<Tensor> Return(Tensor outputGradient, params Tensor?[] gradients)
    {
        foreach (Tensor? gradient in gradients)
            gradient?.MoveToOuterDisposeScope();
        outputGradient.Dispose();
        _returned = gradients;
        return [.. gradients.Select(gradient => gradient!)];
    }

    private static void Free()
    {
        foreach (Tensor? gradient in _returned ?? [])
            gradient?.Dispose();
        _returned = null;
    }
}
