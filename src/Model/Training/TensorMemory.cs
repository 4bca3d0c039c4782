using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Training;

/// <summary>
/// Has glibc keep the large tensors of a step rather than give them back to the kernel only to ask for them again, in one heap for all threads, of huge pages.
/// </summary>
/// <remarks>
/// Left alone, glibc gives each thread a heap of its own, in pieces of 64 MB that go back to the kernel when they are empty: a job that runs on another thread than the one before it takes all its
/// memory anew (three jobs of the CIFAR-10 network one after the other held 5.8 GB where 4.1 will do), and the kernel clears every page of it first.
/// </remarks>
public static partial class TensorMemory
{
    /// <summary>The environment variable that glibc reads its settings from, at the start of a process only.</summary>
    public const string Tunables = "GLIBC_TUNABLES";

    // glibc, malloc.h
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    // What mallopt comes too late for, or does not have; heap for all threads first, then huge pages for it where the kernel gives them to those that ask.
    private static readonly (string Name, string Value)[] AtStart = [("glibc.malloc.arena_max", "1"), ("glibc.malloc.hugetlb", "1")];

    /// <summary>Whether the C library of the process is glibc.</summary>
    public static bool IsGlibc => OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("libc.so.6", out nint libc)
        && NativeLibrary.TryGetExport(libc, "mallopt", out nint _); // musl has none

    /// <summary>Sets what can be set in a process that runs already; to be called once, before the first tensor. Does nothing where the C library is not glibc.</summary>
    /// <returns>Whether it was set.</returns>
    public static bool Keep() => IsGlibc && (Mallopt(TrimThreshold, -1) == 1 & Mallopt(MmapMax, 0) == 1 & Mallopt(TopPad, 64 << 20) == 1);

    /// <summary>What a process should be started with in <see cref="Tunables"/>.</summary>
    /// <param name="set">What is set there: <c>name=value</c>, separated by colons; null for nothing. It stays, and goes before what is wanted here.</param>
    public static string WithTunables(string? set)
    {
        List<string> all = [.. (set ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)];
        foreach ((string name, string value) in AtStart)
        {
            if (!all.Exists(one => one.StartsWith($"{name}=", StringComparison.Ordinal)))
                all.Add($"{name}={value}");
        }

        return string.Join(':', all);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Mallopt(int parameter, int value);
}
