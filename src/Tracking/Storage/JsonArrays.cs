using System.Globalization;
using System.Text.Json;

namespace DdpmJobs.Tracking.Storage;

/// <summary>Arrays as JSON text, so that SQLite's <c>json_each</c> can expand them. Doubles are shortest round-trip; non-finite ones are the strings NaN, Infinity, -Infinity.</summary>
internal static class JsonArrays
{
    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static string Write(long[] steps) => JsonSerializer.Serialize(steps, Options);

    public static string Write(double[] values) => JsonSerializer.Serialize(values, Options);

    public static string Write(DateTime[] times) =>
        JsonSerializer.Serialize(times.Select(time => time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)), Options);

    public static long[] ReadSteps(string text) => JsonSerializer.Deserialize<long[]>(text, Options)!;

    public static double[] ReadValues(string text) => JsonSerializer.Deserialize<double[]>(text, Options)!;

    public static DateTime[] ReadTimes(string text) =>
    [
        .. JsonSerializer.Deserialize<string[]>(text, Options)!
            .Select(time => DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)),
    ];
}
