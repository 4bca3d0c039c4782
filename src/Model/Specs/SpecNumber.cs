using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DdpmJobs.Model.Specs;

/// <summary>Reads numbers exactly: a whole number may be written <c>1000</c>, <c>1e3</c> or <c>1000.0</c>, but is never rounded.</summary>
internal static class SpecNumber
{
    /// <summary>Reads a whole number within the limits.</summary>
    public static long Whole(JsonNode? node, long least, long most, string path)
    {
        string text = Text(node, "a whole number", path);
        double number = double.Parse(text, CultureInfo.InvariantCulture);
        bool exact = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value);
        // A decimal rounds what is too small for it to 0 without a word.
        if (number != Math.Truncate(number) || (exact && value != decimal.Truncate(value)))
        {
            throw new SpecException(path, $"must be a whole number; got {text}");
        }

        return exact && value >= least && value <= most
            ? (long)value
            : throw new SpecException(path, $"must be between {least} and {most}; got {text}");
    }

    /// <summary>Reads a finite number.</summary>
    public static double Real(JsonNode? node, string path)
    {
        string text = Text(node, "a number", path);
        return double.Parse(text, CultureInfo.InvariantCulture);
    }

    private static string Text(JsonNode? node, string expected, string path)
    {
        // 1e999 is JSON, and a tree built in the program can hold what JSON cannot write.
        if (node is JsonValue value && value.TryGetValue(out double number) && !double.IsFinite(number))
        {
            throw new SpecException(path, $"must be a finite number of magnitude at most 1.8e308; got {number.ToString(CultureInfo.InvariantCulture)}");
        }

        return node?.GetValueKind() == JsonValueKind.Number
            ? node.ToJsonString()
            : throw new SpecException(path, $"must be {expected}; got {SpecReader.Shown(node)}");
    }
}
