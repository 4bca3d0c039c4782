namespace DdpmJobs.Model.Plots;

/// <summary>A curve of a run as a picture: all of it, and beside it a long one without its first tenth, whose values tend to dwarf the others.</summary>
public static class CurvePlot
{
    private const int Points = 200;
    private const int LateShare = 10;

    /// <summary>Writes the PNG. A curve of more than some hundred points is drawn as means of consecutive ones, as its title says.</summary>
    /// <param name="title">ASCII.</param>
    /// <param name="name">The curve's name, as in <c>train/loss</c>.</param>
    /// <param name="steps">Ascending; at least one.</param>
    /// <param name="values">One a step.</param>
    /// <param name="path">The file to write; replaced atomically.</param>
    /// <exception cref="ArgumentException">There is no value, or not one a step.</exception>
    public static void Write(string title, string name, IReadOnlyList<long> steps, IReadOnlyList<double> values, string path)
    {
        if (steps.Count != values.Count)
            throw new ArgumentException($"There are {steps.Count} steps and {values.Count} values.", nameof(values));
        List<PlotPanel> panels = [Panel(name, steps, values, 0)];
        if (steps.Count > Points)
            panels.Add(Panel($"from step {steps[steps.Count / LateShare]} on", steps, values, steps.Count / LateShare));
        LinePlot.Write(title, panels, path);
    }

    private static PlotPanel Panel(string title, IReadOnlyList<long> steps, IReadOnlyList<double> values, int first)
    {
        int together = (values.Count - first + Points - 1) / Points;
        List<double> across = [], means = [];
        for (int from = first; from < values.Count; from += together)
        {
            int end = Math.Min(from + together, values.Count);
            across.Add(Enumerable.Range(from, end - from).Average(i => (double)steps[i]));
            means.Add(Enumerable.Range(from, end - from).Average(i => values[i]));
        }

        return new PlotPanel(together > 1 ? $"{title}, means of {together}" : title, means, FromZero: false) { Across = across, AcrossName = "step" };
    }
}
