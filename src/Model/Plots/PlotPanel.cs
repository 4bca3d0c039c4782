namespace DdpmJobs.Model.Plots;

/// <summary>One curve in a field of its own.</summary>
/// <param name="Title">ASCII, above the field.</param>
/// <param name="Values">One value a step from 0 on; those that are not finite leave a gap and are counted in the title.</param>
/// <param name="FromZero">Whether the axis of values begins at 0 where no value is below.</param>
public sealed record PlotPanel(string Title, IReadOnlyList<double> Values, bool FromZero);
