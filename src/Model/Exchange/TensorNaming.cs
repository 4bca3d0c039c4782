using DdpmJobs.Model.Networks;

namespace DdpmJobs.Model.Exchange;

/// <summary>How another program names and shapes the parameters of our networks. The numbers are the same; names, extents of 1 at the end, and into how many tensors rows are divided differ.</summary>
internal abstract class TensorNaming
{
    /// <summary>Every naming that is known, our own first.</summary>
    /// <param name="knowsNoLabel">Whether the network also learned to do without a label.</param>
    public static IReadOnlyList<TensorNaming> All(bool knowsNoLabel) => [new OwnNaming(), new DiffusersNaming(knowsNoLabel), new DiffusersImprovedNaming(knowsNoLabel)];

    /// <summary>Whose naming it is, as a message says it.</summary>
    public abstract string Program { get; }

    /// <summary>Whether that program has a network with these layers and this arithmetic.</summary>
    public abstract bool Has(Network network);

    /// <summary>The tensors there that hold one of our parameters.</summary>
    /// <param name="parameter">Our name.</param>
    /// <param name="shape">Our shape.</param>
    /// <param name="network">One that <see cref="Has"/>.</param>
    /// <returns>None where the program has no such parameter.</returns>
    public abstract IReadOnlyList<TensorPart> PartsOf(string parameter, IReadOnlyList<long> shape, Network network);

    /// <summary>Whether a tensor of one shape holds the same elements in the same order as one of the other: a dense layer over channels is a convolution of kernel 1.</summary>
    public static bool SameButForOnes(IReadOnlyList<long> one, IReadOnlyList<long> other) => Trimmed(one).SequenceEqual(Trimmed(other));

    // The first two extents, output and input channels, say what a layer is, also where they are 1.
    private static IEnumerable<long> Trimmed(IReadOnlyList<long> shape)
    {
        int rank = shape.Count;
        while (rank > 2 && shape[rank - 1] == 1)
            rank--;
        return shape.Take(rank);
    }
}
