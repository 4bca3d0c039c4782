namespace DdpmJobs.Model.Tests.Conformance;

/// <summary>What was compared of one family with one reference.</summary>
internal sealed class ConformanceRow
{
    private readonly HashSet<string> _cases = [];
    private double _share = -1;

    /// <summary>Cases of which a number was compared.</summary>
    public int Cases => _cases.Count;

    /// <summary>Numbers compared.</summary>
    public long Numbers { get; private set; }

    /// <summary>The difference that used up the largest share of what its tolerance allows.</summary>
    public double Difference { get; private set; }

    /// <summary>The reference's number there.</summary>
    public double Expected { get; private set; }

    /// <summary>What the tolerance allows there.</summary>
    public double Allowed { get; private set; }

    /// <summary>Adds a comparison.</summary>
    public void Add(string @case, double expected, double actual, double allowed)
    {
        _cases.Add(@case);
        Numbers++;
        double difference = expected.Equals(actual) ? 0 : Math.Abs(expected - actual);
        double share = difference == 0 ? 0 : difference / allowed;
        if (share > _share || (share == _share && allowed < Allowed))
            (_share, Difference, Expected, Allowed) = (share, difference, expected, allowed);
    }
}
