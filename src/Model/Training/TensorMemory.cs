using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Training;

/// <summary>Has glibc keep the large tensors of a step rather than give them back to the kernel only to ask for them again, in huge pages.</summary>
/// <remarks>
/// The first step of a job touches all its memory for the first time, which the kernel clears page by page, and a job after another finds only a part of it again: with pages of 4 KB the first step of the
/// CIFAR-10 network took three times a later one in every job of a process.
/// </remarks>
public static partial class TensorMemory
{
    /// <summary>The environment variable that glibc reads its settings from, at the start of a process only.</summary>
    public const string Tunables = "GLIBC_TUNABLES";

    // glibc, malloc.h
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    // What mallopt does not have: huge pages for the heap, where the kernel gives them to those that ask.
    private const string HugePages = "glibc.malloc.hugetlb";

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
        string[] all = (set ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return all.Any(one => one.StartsWith($"{HugePages}=", StringComparison.Ordinal)) ? set! : string.Join(':', [.. all, $"{HugePages}=1"]);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Mallopt(int parameter, int value);
}
