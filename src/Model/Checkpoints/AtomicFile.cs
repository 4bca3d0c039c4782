using System.Runtime.InteropServices;

namespace DdpmJobs.Model.Checkpoints;

/// <summary>Writes a file so that its name shows the old content or the whole new one, also after a crash or a power cut.</summary>
public static partial class AtomicFile
{
    /// <summary>Writes to a temporary name in the same folder, flushes it to the disk, renames it, and flushes the folder.</summary>
    /// <param name="path">The file to make or replace; its folder exists.</param>
    /// <param name="write">Writes the content; when it throws, nothing is left behind.</param>
    public static void Write(string path, Action<FileStream> write)
    {
        string target = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(target)!;
        string temporary = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.CreateVersion7():N}.tmp");
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Rename(temporary, target);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Gives a whole file its name, in the same folder, and flushes the folder.</summary>
    /// <param name="temporary">The file; its content has been flushed to the disk.</param>
    /// <param name="target">The name; what had it is replaced.</param>
    public static void Rename(string temporary, string target)
    {
        File.Move(temporary, target, overwrite: true);
        if (OperatingSystem.IsLinux())
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(target))!);
    }

    // The rename itself is durable only after the folder is flushed; .NET opens no folder, so the C library does.
    private static void FlushFolder(string folder)
    {
        const int ReadOnly = 0;
        int descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"The folder {folder} cannot be opened to flush it (errno {Marshal.GetLastPInvokeError()}).");

        // Some network file systems know no fsync of a folder (EINVAL); the rename then is as durable as they make it.
        _ = Flush(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
