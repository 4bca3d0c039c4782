using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Training;

/// <summary>Has glibc keep the large tensors of a step rather than give them back to the kernel only to ask for them again, in huge pages, and find what was freed when it is asked for as much again.</summary>
/// <remarks>
/// The first step of a job touches all its memory for the first time, which the kernel clears page by page: with pages of 4 KB the first step of the CIFAR-10 network took three times a later one.
/// libtorch asks for memory at multiples of 64 bytes. For that glibc takes some bytes more and frees what is left before and behind; until those are one with the rest again, a tensor that was freed has no place for
/// another of its size (sourceware.org, bug 14581; better since glibc 2.38). Its lists of small pieces keep them apart; without the lists a step of the CIFAR-10 network takes a seventh less memory.
/// </remarks>
public static partial class TensorMemory
{
    /// <summary>The environment variable that glibc reads its settings from, at the start of a process only.</summary>
    public const string Tunables = "GLIBC_TUNABLES";

    // glibc, malloc.h
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    // What mallopt does not have, or not for all: huge pages for the heap, where the kernel gives them to those that ask, and no lists of small pieces, a thread's own or a heap's.
    private static readonly (string Name, int Value)[] Settings = [("glibc.malloc.hugetlb", 1), ("glibc.malloc.tcache_count", 0), ("glibc.malloc.mxfast", 0)];

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
        IEnumerable<string> missing = Settings.Where(wanted => !all.Any(one => one.StartsWith($"{wanted.Name}=", StringComparison.Ordinal))).Select(wanted => $"{wanted.Name}={wanted.Value}");
        return string.Join(':', [.. all, .. missing]);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Mallopt(int parameter, int value);
}
