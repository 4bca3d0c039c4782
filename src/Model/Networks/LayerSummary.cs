namespace DdpmJobs.Model.Networks;

/// <summary>One layer of a network.</summary>
/// <param name="Name">As in the names of its parameters.</param>
/// <param name="Kind">What it is, as in <c>convolution</c>.</param>
/// <param name="OutputShape">Shape of its output for one image.</param>
/// <param name="Parameters">Number of its parameters.</param>
/// <param name="Macs">Multiplications, each with an addition, for one image.</param>
public sealed record LayerSummary(string Name, string Kind, IReadOnlyList<long> OutputShape, long Parameters, long Macs);
