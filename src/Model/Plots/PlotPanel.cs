namespace DdpmJobs.Model.Plots;

/// <summary>One curve in a field of its own.</summary>
/// <param name="Title">ASCII, above the field.</param>
/// <param name="Values">In the order in which the curve goes; those that are not finite leave a gap and are counted in the title.</param>
/// <param name="FromZero">Whether the axis of values begins at 0 where no value is below.</param>
public sealed record PlotPanel(string Title, IReadOnlyList<double> Values, bool FromZero)
{
    /// <summary>Where each value stands across, as many as there are values; null for steps 0, 1, 2 and so on.</summary>
    public IReadOnlyList<double>? Across { get; init; }

    /// <summary>What goes across; ASCII, below the field.</summary>
    public string AcrossName { get; init; } = "t";
}
