namespace DdpmJobs.Model.Checkpoints;

/// <summary>One tensor to be written.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its extents.</param>
/// <param name="WriteTo">Writes its bytes: row-major, little-endian, as many as type and shape say.</param>
public sealed record SafetensorContent(string Name, SafetensorType Type, IReadOnlyList<long> Shape, Action<Stream> WriteTo);
