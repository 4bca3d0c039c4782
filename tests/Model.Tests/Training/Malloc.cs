using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Tests.Training;

/// <summary>Asks glibc how much memory is handed out: tensors, oneDNN's scratch and all else that native code holds. Unlike resident memory it knows neither fragmentation
/// nor the managed heap, so that a leak of a few bytes a step shows and nothing else does.</summary>
internal static class Malloc
{
    /// <summary>Whether this C library can be asked.</summary>
    public static bool IsKnown { get; } =
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint libc) && NativeLibrary.TryGetExport(libc, "mallinfo2", out _);

    /// <summary>Bytes in use, of all arenas and of what was mapped for one allocation.</summary>
    public static long InUse()
    {
        Info info = MallInfo();
        return (long)(info.InUse + info.Mapped);
    }

    [DllImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static extern Info MallInfo();

    // malloc.h, struct mallinfo2: ten size_t.
    [StructLayout(LayoutKind.Sequential)]
    private struct Info
    {
        public nuint Arena, FreeChunks, FastChunks, MappedChunks, Mapped, Unused, FastFree, InUse, Free, Top;
    }
}
