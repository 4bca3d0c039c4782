using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Training;

/// <summary>Keeps glibc from giving the large tensors of a step back to the kernel only to ask for them again: the page faults cost a small step 10 to 20 %.</summary>
public static partial class NativeMemory
{
    // glibc, malloc.h
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;

    /// <summary>Sets it for the whole process; to be called once, before the first tensor. Does nothing where the C library is not glibc.</summary>
    /// <returns>Whether it was set.</returns>
    public static bool Keep()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out nint libc))
            return false;

        // musl has no mallopt.
        if (!NativeLibrary.TryGetExport(libc, "mallopt", out nint _))
            return false;
        return Mallopt(TrimThreshold, -1) == 1 & Mallopt(MmapMax, 0) == 1 & Mallopt(TopPad, 64 << 20) == 1;
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int Mallopt(int parameter, int value);
}
