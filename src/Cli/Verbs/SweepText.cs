using System.Text;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Cli.Verbs;

/// <summary>Reads a sweep's text from the file that a person named.</summary>
internal static class SweepText
{
    // Far more than any sweep a person writes; the server has the same limit.
    private const long LongestFile = 1 << 20;

    /// <summary>Reads it.</summary>
    /// <exception cref="CliException">There is no such file, or it cannot be read as text.</exception>
    public static async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        if (Directory.Exists(file))
        {
            throw new CliException($"{file}: this is a folder; name a sweep's YAML file in it{Suggestion(Path.Combine(file, "sweep.yaml"))}");
        }

        if (!File.Exists(file))
        {
            string hint = Suggestion(file);
            throw new CliException($"{file}: there is no such file{(hint.Length > 0 ? hint : "; the path is relative to " + Directory.GetCurrentDirectory())}");
        }

        try
        {
            if (new FileInfo(file).Length > LongestFile)
            {
                throw new CliException($"{file}: a sweep has at most {LongestFile} bytes; this file has {new FileInfo(file).Length}. Is it another file?");
            }

            return await File.ReadAllTextAsync(file, new UTF8Encoding(false, throwOnInvalidBytes: true), cancel);
        }
        catch (DecoderFallbackException e)
        {
            throw new CliException($"{file}: this is not a text file in UTF-8; is it another file?", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file}: it cannot be read ({e.Message.TrimEnd('.')}); change its permissions or name another.", e);
        }
    }

    private static string Suggestion(string file)
    {
        string folder = Path.GetDirectoryName(file) ?? "";
        if (!Directory.Exists(folder.Length > 0 ? folder : "."))
        {
            return "";
        }

        IEnumerable<string> sweeps = Directory.EnumerateFiles(folder.Length > 0 ? folder : ".", "*.y*ml").Select(f => Path.Combine(folder, Path.GetFileName(f)));
        return Spelling.Hint(file, sweeps.Order(StringComparer.Ordinal));
    }
}
