using System.Text.Json;
using DdpmJobs.Cli.Errors;

namespace DdpmJobs.Cli.Hosting;

/// <summary>The folder of the embedded mode, held by one process at a time; the hold ends with the process, however it ends.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "ddpm.lock";
    private const string HolderName = "ddpm.server.json";

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The folder's full path.</summary>
    public string Path { get; }

    /// <summary>Creates the folder where it is missing, and takes hold of it.</summary>
    /// <exception cref="CliException">It cannot be written, or another process holds it.</exception>
    public static DataFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full);
            string lockFile = System.IO.Path.Combine(full, LockName);
            if (!File.Exists(lockFile))
            {
                // Tells "cannot write here" from "held by another", which share an exception type.
                File.WriteAllText(lockFile, "");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"the data folder {full} cannot be written ({e.Message.TrimEnd('.')}); choose another with --data, or change its permissions.", e);
        }

        try
        {
            FileStream held = new(System.IO.Path.Combine(full, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataFolder(full, held);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CliException($"the data folder {full} cannot be written ({e.Message.TrimEnd('.')}); choose another with --data, or change its permissions.", e);
        }
        catch (IOException e)
        {
            throw new CliException($"the data folder {full} is in use by {Holder(full)}; wait for it, stop it, or choose another folder with --data.", e);
        }
    }

    /// <summary>A path inside.</summary>
    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Says to whom it may concern which server works in this folder.</summary>
    public void Announce(Uri address)
        => File.WriteAllText(At(HolderName), JsonSerializer.Serialize(new Dictionary<string, object> { ["pid"] = Environment.ProcessId, ["url"] = address.ToString() }));

    public void Dispose()
    {
        File.Delete(At(HolderName));
        _lock.Dispose();
    }

    private static string Holder(string folder)
    {
        try
        {
            JsonElement holder = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(folder, HolderName))).RootElement;
            return $"another ddpm (process {holder.GetProperty("pid").GetInt32()}, {holder.GetProperty("url").GetString()})";
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // It is still starting.
            return "another ddpm";
        }
    }
}
