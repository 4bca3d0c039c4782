namespace DdpmJobs.Cli.Tests;

/// <summary>A folder that lives as long as a test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ddpm-cli-").FullName;

    public string Write(string name, string text)
    {
        string file = At(name);
        File.WriteAllText(file, text);
        return file;
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
