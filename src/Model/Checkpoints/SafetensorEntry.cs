namespace DdpmJobs.Model.Checkpoints;

/// <summary>One tensor of a file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its extents.</param>
/// <param name="Offset">Where its bytes begin, counted from the end of the header.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafetensorEntry(string Name, SafetensorType Type, IReadOnlyList<long> Shape, long Offset, long Length);
