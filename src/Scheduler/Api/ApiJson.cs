using System.Text.Json;
using System.Text.Json.Serialization;

namespace DdpmJobs.Scheduler.Api;

/// <summary>How the API writes JSON: snake_case names; NaN and infinities as strings.</summary>
public static class ApiJson
{
    /// <summary>The options, for server and clients.</summary>
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Sets the same on other options.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
    }

    private static JsonSerializerOptions Make()
    {
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web);
        Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
