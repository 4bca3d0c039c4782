namespace DdpmJobs.Model.Specs;

/// <summary>Says a member's type in the words of an error or of the catalogue.</summary>
internal static class SpecTypeWords
{
    /// <summary>As in <c>whole number</c> or <c>list of metrics</c>.</summary>
    public static string Of(Type type) =>
        SpecShape.ElementType(type) is Type element ? $"list of {Plural(Of(element))}"
        : type == typeof(int) || type == typeof(long) ? "whole number"
        : type == typeof(double) ? "number"
        : type == typeof(bool) ? "true or false"
        : type == typeof(string) ? "text"
        : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type).Select(SpecShape.NameOf))}"
        : SpecShape.IsFamily(type) ? Kinds.Family(type).Spoken
        : SpecShape.IsRecord(type) ? "mapping"
        : throw new InvalidOperationException($"{type} cannot be part of a spec: use int, long, double, bool, string, a record, or IReadOnlyList of these.");

    /// <summary>The word after "must be".</summary>
    public static string WithArticle(Type type) => type == typeof(bool) || type == typeof(string) || type.IsEnum ? Of(type) : $"a {Of(type)}";

    private static string Plural(string words) => words is "true or false" or "text" ? $"{words} values" : $"{words}s";
}
