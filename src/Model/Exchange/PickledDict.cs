namespace DdpmJobs.Model.Exchange;

/// <summary>A dictionary of a pickle, in its order.</summary>
internal sealed class PickledDict
{
    private const int LongestName = 1000; // names are joined, so that long ones in a nest of dictionaries would fill the memory

    private readonly Dictionary<string, object?> _members = new(StringComparer.Ordinal);

    /// <summary>The members in the order they were first set.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Members => _members;

    /// <summary>The member of a name; null when there is none.</summary>
    public object? this[string name] => _members.GetValueOrDefault(name);

    /// <summary>Sets a member; whole numbers become their text.</summary>
    public void Add(PickleInput input, object? key, object? value)
    {
        string name = key switch
        {
            string text => text,
            long number => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => throw input.Damaged("it has a dictionary whose key is neither text nor a whole number"),
        };
        if (name.Length > LongestName)
            throw input.Damaged($"it has a name of {name.Length} characters, {StateDict.Shown(name)}; {LongestName} are more than any tensor's");
        _members[name] = value;
    }
}
