namespace DdpmJobs.Model.Networks;

/// <summary>Lets one network of the process at a time do its first pass with a batch of each size.</summary>
/// <remarks>
/// oneDNN 3.7 makes a convolution's code at its first use and keeps it for the whole process. When two threads asked for the same convolution with the channels last at the same
/// moment, its backward pass crashed the process in 13 of 44 starts of two trainings; with one beginning 1.2 s after the other in none of 10, and in none of 20 with this.
/// </remarks>
internal sealed class FirstPass
{
    private static readonly Lock One = new();

    private readonly HashSet<long> _sizes = [];

    /// <summary>Begins a pass of this network; the scope ends with it, and nobody else is in it if it is the first of its size.</summary>
    /// <param name="batch">Rows of the batch.</param>
    public Lock.Scope Enter(long batch) => _sizes.Add(batch) ? One.EnterScope() : default;
}
