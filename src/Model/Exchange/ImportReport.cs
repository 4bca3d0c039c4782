namespace DdpmJobs.Model.Exchange;

/// <summary>What was imported.</summary>
/// <param name="Weights">The file that the tensors came from.</param>
/// <param name="Naming">Whose naming they had.</param>
/// <param name="Tensors">Their number.</param>
/// <param name="Parameters">The number of their elements.</param>
/// <param name="Rounded">How many of them were float64 and are now rounded to float32.</param>
public sealed record ImportReport(string Weights, string Naming, int Tensors, long Parameters, int Rounded);
