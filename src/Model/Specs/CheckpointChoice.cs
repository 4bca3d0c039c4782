namespace DdpmJobs.Model.Specs;

/// <summary>Which of a training's states is used.</summary>
public enum CheckpointChoice
{
    /// <summary>The one at its end.</summary>
    Last,

    /// <summary>The best by the first metric of its validation: a selected one, and whatever is measured on it says so.</summary>
    Best,
}
