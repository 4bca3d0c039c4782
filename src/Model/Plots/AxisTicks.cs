using System.Globalization;

namespace DdpmJobs.Model.Plots;

/// <summary>An axis between two values with marks at round numbers.</summary>
internal sealed class AxisTicks
{
    /// <summary>Chooses the marks.</summary>
    /// <param name="least">The smallest value shown.</param>
    /// <param name="most">The largest value shown, at least the smallest.</param>
    /// <param name="count">About how many marks.</param>
    /// <param name="widen">Whether the axis goes on to the next mark at both ends.</param>
    /// <param name="smallestStep">The least distance between two marks: 1 for what is counted.</param>
    public AxisTicks(double least, double most, int count, bool widen, double smallestStep = 0)
    {
        // A constant has no range: show as much around it as its own size.
        if (most - least <= 1e-12 * Math.Max(Math.Abs(most), Math.Abs(least)) || most == least)
            (least, most) = most == 0 ? (0, 1) : (Math.Min(0, 2 * most), Math.Max(0, 2 * most));

        double rough = (most - least) / count;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = Math.Max(smallestStep, power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 }));
        double first = widen ? Math.Floor(least / step + 1e-9) : Math.Ceiling(least / step - 1e-9);
        double last = widen ? Math.Ceiling(most / step - 1e-9) : Math.Floor(most / step + 1e-9);
        (Least, Most) = widen ? (first * step, last * step) : (least, most);
        Marks = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Mark((first + i) * step, step))];
    }

    /// <summary>The value at the axis's beginning.</summary>
    public double Least { get; }

    /// <summary>The value at the axis's end.</summary>
    public double Most { get; }

    /// <summary>Round values on the axis, ascending, with their text.</summary>
    public IReadOnlyList<(double Value, string Text)> Marks { get; }

    /// <summary>Where a value stands, from 0 at the beginning to 1 at the end.</summary>
    public double At(double value) => (value - Least) / (Most - Least);

    private static (double Value, string Text) Mark(double value, double step)
    {
        int decimals = (int)Math.Max(0, -Math.Floor(Math.Log10(step) + 1e-9));
        return (value, Math.Abs(value) < step / 2 ? "0"
            : decimals > 4 || Math.Abs(value) >= 1e6 ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
            : value.ToString("F" + decimals, CultureInfo.InvariantCulture));
    }
}
