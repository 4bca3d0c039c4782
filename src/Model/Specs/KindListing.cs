namespace DdpmJobs.Model.Specs;

/// <summary>Puts what reflection found on a family into the words of the catalogue.</summary>
internal static class KindListing
{
    /// <summary>A family with all its kinds.</summary>
    public static KindFamily Of(ComponentFamily family) =>
        new(family.Name, [.. family.Kinds.Values.Select(Info)]);

    private static KindInfo Info(Type type)
    {
        SpecShape shape = SpecShape.Of(type);
        object defaults = Activator.CreateInstance(type)!;
        return new KindInfo(
            shape.Kind!.Name,
            shape.Kind.Summary,
            shape.Kind.Source,
            [.. shape.Members.Select(m => new KindParameter
            {
                Name = m.Name,
                Type = SpecTypeWords.Of(m.Type) + (m.Nullable ? " or null" : ""),
                Required = m.Required,
                Default = m.Required ? null : SpecWriter.Write(m.Property.GetValue(defaults)),
                Description = m.Description,
                Range = string.Join(" and ", m.Limits.Select(SpecLimits.Words)),
            })]);
    }
}
