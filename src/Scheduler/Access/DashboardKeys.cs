using DdpmJobs.Tracking.Storage;
using Microsoft.AspNetCore.DataProtection;

namespace DdpmJobs.Scheduler.Access;

/// <summary>The keys that sign the dashboard's forms, kept in a folder: a page that was open before a restart of the scheduler still works after it.</summary>
internal static class DashboardKeys
{
    /// <summary>Adds the keys; makes their folder, for this user alone.</summary>
    /// <exception cref="StoreUnavailableException">The folder cannot be written.</exception>
    public static void AddDashboardKeys(this IServiceCollection services, string folder)
    {
        DirectoryInfo keys = new(Path.GetFullPath(folder));
        try
        {
            if (!keys.Exists && !OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(keys.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            keys.Create();
            using (new FileStream(Path.Combine(keys.FullName, $".writable-{Guid.CreateVersion7():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"The folder for the dashboard's keys, {keys.FullName}, cannot be written: {error.Message} Give this user write access there, or name another folder (DDPM__Scheduler__KeyFolder).", error);
        }

        // Without a name of its own, keys are worth nothing in another folder or container.
        services.AddDataProtection().SetApplicationName("ddpm").PersistKeysToFileSystem(keys);
    }
}
