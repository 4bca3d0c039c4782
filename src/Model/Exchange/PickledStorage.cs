using DdpmJobs.Model.Checkpoints;

namespace DdpmJobs.Model.Exchange;

/// <summary>The flat memory behind tensors, as a pickle refers to it.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Count">Its elements.</param>
internal sealed record PickledStorage(string Key, SafetensorType Type, long Count)
{
    /// <summary>Its length in bytes.</summary>
    public long Bytes => checked(Count * Safetensors.SizeOf(Type));
}
