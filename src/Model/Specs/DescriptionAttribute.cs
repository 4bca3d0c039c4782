namespace DdpmJobs.Model.Specs;

/// <summary>Says in words what a parameter of a spec means, with its unit; shown by <c>ddpm kinds</c>.</summary>
/// <param name="text">A short phrase without a full stop.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DescriptionAttribute(string text) : Attribute
{
    /// <summary>The phrase.</summary>
    public string Text { get; } = text;
}
