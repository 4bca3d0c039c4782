using System.Globalization;
using System.Reflection;
using DdpmJobs.Cli.Errors;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Cli.Hosting;

/// <summary>Reads <c>DDPM__…</c> environment variables strictly: an unknown name or a wrong type is refused.</summary>
internal static class DeploymentReader
{
    private const string Prefix = "DDPM__";

    /// <summary>Reads the deployment.</summary>
    /// <exception cref="CliException">The first variable that is wrong. No value of a text setting is ever shown: it may be a secret.</exception>
    public static Deployment Read(IReadOnlyDictionary<string, string> environment)
    {
        Deployment deployment = new();
        Dictionary<string, (object Options, PropertyInfo Property)> settings = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string section, object options) in deployment.Sections)
        {
            foreach (PropertyInfo property in options.GetType().GetProperties().Where(p => p.SetMethod is { IsPublic: true }))
            {
                settings.Add(Prefix + section + property.Name, (options, property));
            }
        }

        foreach ((string name, string value) in environment.Where(e => e.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            if (!settings.TryGetValue(name, out (object Options, PropertyInfo Property) setting))
            {
                string hint = Spelling.Hint(name, settings.Keys);
                throw new CliException($"the environment variable {name} is not a setting{(hint.Length > 0 ? hint : $"; the settings are {string.Join(", ", settings.Keys)}")}");
            }

            setting.Property.SetValue(setting.Options, Convert(name, value, setting.Property.PropertyType));
        }

        return deployment;
    }

    private static object Convert(string name, string value, Type type)
    {
        if (type == typeof(string))
        {
            return value;
        }

        if (type == typeof(int))
        {
            return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                ? number
                : throw new CliException($"{name} must be a whole number; got '{value}'");
        }

        if (type == typeof(bool))
        {
            return bool.TryParse(value, out bool flag) ? flag : throw new CliException($"{name} must be true or false; got '{value}'");
        }

        if (type == typeof(TimeSpan))
        {
            // A bare number would be read as days.
            return value.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out TimeSpan time) && time > TimeSpan.Zero
                ? time
                : throw new CliException($"{name} must be a positive time as hours:minutes:seconds, such as 00:00:30; got '{value}'");
        }

        throw new InvalidOperationException($"{name}: settings of type {type} cannot be read from the environment.");
    }
}
