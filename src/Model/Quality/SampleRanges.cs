using System.Globalization;

namespace DdpmJobs.Model.Quality;

/// <summary>Which samples something was computed of: numbers from 0, as ranges without overlap. Needs no libtorch.</summary>
public sealed class SampleRanges
{
    private readonly List<(long First, long End)> _ranges;

    /// <summary>One range.</summary>
    /// <param name="first">Number of the first sample.</param>
    /// <param name="end">Number after that of the last.</param>
    /// <exception cref="ArgumentException">It is empty or begins before 0.</exception>
    public SampleRanges(long first, long end)
        : this([(first, end)])
    {
        if (first < 0 || end <= first)
            throw new ArgumentException($"The samples {first}..{end} are none.", nameof(end));
    }

    private SampleRanges(List<(long First, long End)> ranges) => _ranges = ranges;

    /// <summary>Number of samples.</summary>
    public long Count => _ranges.Sum(range => range.End - range.First);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <returns>Null where the text is none.</returns>
    public static SampleRanges? Parse(string text)
    {
        List<(long First, long End)> ranges = [];
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split("..");
            if (ends.Length != 2 || !Number(ends[0], out long first) || !Number(ends[1], out long end) || end <= first || (ranges.Count > 0 && first <= ranges[^1].End))
                return null;
            ranges.Add((first, end));
        }

        return new SampleRanges(ranges);

        static bool Number(string word, out long number) => long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The samples of both.</summary>
    /// <exception cref="ArgumentException">A sample is in both.</exception>
    public SampleRanges With(SampleRanges other)
    {
        List<(long First, long End)> joined = [];
        foreach ((long first, long end) in _ranges.Concat(other._ranges).Order())
        {
            if (joined.Count > 0 && first < joined[^1].End)
                throw new ArgumentException($"The samples {first}..{Math.Min(end, joined[^1].End)} are in both {this} and {other}.", nameof(other));
            if (joined.Count > 0 && first == joined[^1].End)
                joined[^1] = (joined[^1].First, end);
            else
                joined.Add((first, end));
        }

        return new SampleRanges(joined);
    }

    /// <summary>First number and the number after the last of each range, as in <c>0..5000,7000..8000</c>.</summary>
    public override string ToString() => string.Join(',', _ranges.Select(range => string.Create(CultureInfo.InvariantCulture, $"{range.First}..{range.End}")));
}
