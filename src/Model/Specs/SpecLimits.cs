using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace DdpmJobs.Model.Specs;

/// <summary>Checks the DataAnnotations of a member and says them in words. On a list, a range holds for each element.</summary>
internal static class SpecLimits
{
    /// <summary>Throws when the value is outside its limits.</summary>
    public static void Check(SpecMember member, object? value, string path)
    {
        foreach (ValidationAttribute limit in member.Limits)
        {
            if (limit is RangeAttribute or AllowedValuesAttribute && value is IList list)
            {
                for (int i = 0; i < list.Count; i++)
                {
                    CheckOne(limit, list[i], SpecPath.Element(path, i));
                }
            }
            else
            {
                CheckOne(limit, value, path);
            }
        }
    }

    /// <summary>The limit in words, as in <c>between 0 and 1</c>.</summary>
    public static string Words(ValidationAttribute limit) => limit switch
    {
        RangeAttribute range => RangeWords(range),
        AllowedValuesAttribute allowed => $"one of {string.Join(", ", allowed.Values.Select(Text))}",
        MinLengthAttribute { Length: 1 } => "not empty",
        MinLengthAttribute least => $"of at least {least.Length} elements",
        MaxLengthAttribute most => $"of at most {most.Length} elements",
        LengthAttribute length => $"of {length.MinimumLength} to {length.MaximumLength} elements",
        _ => throw new InvalidOperationException($"{limit.GetType()} is not a limit that specs know."),
    };

    private static void CheckOne(ValidationAttribute limit, object? value, string path)
    {
        bool holds = value is null || (limit is RangeAttribute range ? InRange(range, value) : limit.IsValid(value));
        if (!holds)
        {
            throw new SpecException(path, limit is MinLengthAttribute { Length: 1 } ? "must not be empty" : $"must be {Words(limit)}; got {Text(value)}");
        }
    }

    // RangeAttribute would convert the value to the type of its bounds, so that 1.5 passes a range of whole numbers up to 1.
    private static bool InRange(RangeAttribute range, object value)
    {
        double number = Number(value);
        double least = Number(range.Minimum);
        double most = Number(range.Maximum);
        return (range.MinimumIsExclusive ? number > least : number >= least) && (range.MaximumIsExclusive ? number < most : number <= most);
    }

    private static string RangeWords(RangeAttribute range)
    {
        bool hasLeast = Number(range.Minimum) is not (double.MinValue or double.NegativeInfinity or int.MinValue);
        bool hasMost = Number(range.Maximum) is not (double.MaxValue or double.PositiveInfinity or int.MaxValue or long.MaxValue);
        if (hasLeast && hasMost && !range.MinimumIsExclusive && !range.MaximumIsExclusive)
        {
            return $"between {Text(range.Minimum)} and {Text(range.Maximum)}";
        }

        string least = hasLeast ? $"{(range.MinimumIsExclusive ? "greater than" : "at least")} {Text(range.Minimum)}" : "";
        string most = hasMost ? $"{(range.MaximumIsExclusive ? "less than" : "at most")} {Text(range.Maximum)}" : "";
        return hasLeast && hasMost ? $"{least} and {most}" : least + most;
    }

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        IList list => $"{list.Count} elements",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
