using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace DdpmJobs.Cli.Verbs;

/// <summary><c>ddpm version</c>.</summary>
internal static class VersionVerb
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = VerbOptions.Json();
        Command verb = new("version", "Prints the versions of this program and of .NET.") { json };
        verb.SetAction(line =>
        {
            string version = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
            if (line.GetValue(json))
            {
                terminal.WriteJson(new { Version = version, Dotnet = Environment.Version.ToString(), Os = RuntimeInformation.OSDescription });
            }
            else
            {
                terminal.Out.WriteLine($"ddpm {version} on .NET {Environment.Version}, {RuntimeInformation.OSDescription}");
            }

            return 0;
        });
        return verb;
    }
}
