using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace DdpmJobs.Scheduler.Sweeps;

/// <summary>What an unquoted YAML scalar means in the core schema (YAML 1.2.2, section 10.3.2); <c>yes</c> and <c>1_000</c> are texts there.</summary>
internal static partial class YamlScalars
{
    /// <summary>The value of a plain scalar; null for null.</summary>
    /// <param name="text">The scalar.</param>
    /// <param name="value">The value.</param>
    /// <returns>False for a number that no double can hold, and for infinity and not-a-number.</returns>
    public static bool TryRead(string text, out JsonValue? value)
    {
        value = null;
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return true;
            case "true" or "True" or "TRUE" or "false" or "False" or "FALSE":
                value = JsonValue.Create(text[0] is 't' or 'T');
                return true;
        }

        if (NotFinite().IsMatch(text))
        {
            return false;
        }

        if (OtherBase().Match(text) is { Success: true } digits)
        {
            return TryReadDigits(digits.Groups["digits"].Value, digits.Groups["base"].Value == "x" ? 16 : 8, out value);
        }

        if (!Number().IsMatch(text))
        {
            value = JsonValue.Create(text);
            return true;
        }

        // Whole numbers stay exact where a double would round them.
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            value = JsonValue.Create(whole);
            return true;
        }

        double number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        value = double.IsFinite(number) ? JsonValue.Create(number) : null;
        return value is not null;
    }

    private static bool TryReadDigits(string digits, int radix, out JsonValue? value)
    {
        long number = 0;
        foreach (char digit in digits)
        {
            long next = (number * radix) + Convert.ToInt32(digit.ToString(), 16);
            if (number > long.MaxValue / radix || next < 0)
            {
                value = null;
                return false;
            }

            number = next;
        }

        value = JsonValue.Create(number);
        return true;
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Number();

    [GeneratedRegex(@"^0(?<base>o)(?<digits>[0-7]+)\z|^0(?<base>x)(?<digits>[0-9a-fA-F]+)\z")]
    private static partial Regex OtherBase();

    [GeneratedRegex(@"^([-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)\z")]
    private static partial Regex NotFinite();
}
