using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Runtime.CompilerServices;
using DdpmJobs.Model.Specs;

namespace DdpmJobs.Model.Tests.Specs;

/// <summary>The table of docs/training.md has every member of <c>training</c>, in order, with its default and its limits.</summary>
public sealed class TrainingPageTests
{
    [Fact]
    public void Knobs_OnThePage_AreThoseOfTheSpec()
    {
        string[] page = File.ReadAllLines(Path.Combine(Root(), "docs", "training.md"));
        IEnumerable<string[]> rows = page.SkipWhile(line => line != "## Knobs").SkipWhile(line => !line.StartsWith('|')).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => (string[])[.. line.Trim('|').Split('|').Select(cell => cell.Trim())]);
        Assert.Equal(Members(new TrainingSpec(), ""), rows.Select(row => $"{row[0]} {row[1]} {row[2]}"));
        Assert.All(rows, row => Assert.All(row[3..5], cell => Assert.NotEqual("", cell)));
    }

    // A record of its own within the record is opened; one that is not there by default is one row.
    private static IEnumerable<string> Members(object record, string before) => SpecShape.Of(record.GetType()).Members.SelectMany(member =>
    {
        object? value = member.Property.GetValue(record);
        return value is not null && SpecShape.IsRecord(member.Type) && !SpecShape.IsFamily(member.Type)
            ? Members(value, $"{before}{member.Name}.")
            : [$"`{before}{member.Name}` {Text(value)} {string.Join(", ", member.Limits.Select(Words))}"];
    });

    private static string Words(ValidationAttribute limit) => SpecLimits.Words(limit);

    private static string Text(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        Enum word => SpecShape.NameOf($"{word}"),
        IList list => string.Join(", ", list.Cast<object>().Select(Text)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Kinds.NameOf(value),
    };

    private static string Root([CallerFilePath] string here = "")
    {
        string folder = here;
        while (!File.Exists(Path.Combine(folder, "DdpmJobs.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
