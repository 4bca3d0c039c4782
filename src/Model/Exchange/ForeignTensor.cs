using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Exchange;

/// <summary>One tensor of a state dict.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its extents; empty for a scalar.</param>
public sealed record ForeignTensor(string Name, SafetensorType Type, IReadOnlyList<long> Shape)
{
    /// <summary>The number of elements.</summary>
    public long Count => Shape.Contains(0) ? 0 : Shape.Aggregate(1L, (product, extent) => checked(product * extent));

    /// <summary>Whether the elements are floating-point numbers.</summary>
    public bool IsFloating => Type is SafetensorType.F16 or SafetensorType.BF16 or SafetensorType.F32 or SafetensorType.F64;
}
