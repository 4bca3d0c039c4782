namespace DdpmJobs.Tracking.Metrics;

/// <summary>A metric's name, once.</summary>
public sealed class Metric
{
    /// <summary>Small number used by the chunks.</summary>
    public int Id { get; set; }

    /// <summary>The name, as in <c>train/loss</c>; unique.</summary>
    public string Name { get; set; } = "";
}
