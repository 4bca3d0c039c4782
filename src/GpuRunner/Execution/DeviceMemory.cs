namespace DdpmJobs.GpuRunner.Execution;

/// <summary>Recognises that a device ran out of memory, which libtorch tells in words only.</summary>
public static class DeviceMemory
{
    // c10::OutOfMemoryError writes "CUDA out of memory. Tried to allocate …"; the CPU's allocator "DefaultCPUAllocator: can't allocate memory".
    private static readonly string[] Signs = ["CUDA out of memory", "DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory"];

    /// <summary>Whether the error is of that kind.</summary>
    public static bool IsExhausted(Exception error) => error is OutOfMemoryException || IsExhausted(error.ToString());

    /// <summary>Whether the stored text of an error is of that kind.</summary>
    public static bool IsExhausted(string? error) => error is not null && Signs.Any(sign => error.Contains(sign, StringComparison.Ordinal));

    /// <summary>The sentence for a person.</summary>
    public static string Sentence(string device)
        => $"The device {device} ran out of memory; use a larger one, a smaller training.batch_size or sampling.batch_size, or a smaller network.";
}
