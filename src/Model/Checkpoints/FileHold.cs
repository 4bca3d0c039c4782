namespace DdpmJobs.Model.Checkpoints;

/// <summary>Lets one process at a time make a file that several want.</summary>
internal static class FileHold
{
    // EWOULDBLOCK of the two, and ERROR_SHARING_VIOLATION
    private const int LinuxInUse = 11;
    private const int MacInUse = 35;
    private const int WindowsInUse = unchecked((int)0x80070020);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until nobody else holds a file, and holds it until the result is disposed or the process ends, however it ends.</summary>
    /// <param name="path">The file; made where it is missing, and left: whoever removed it might remove another's.</param>
    /// <param name="stop">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    public static FileStream Take(string path, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (error.HResult is LinuxInUse or MacInUse or WindowsInUse)
            {
                stop.WaitHandle.WaitOne(LookAgain);
            }
        }
    }
}
