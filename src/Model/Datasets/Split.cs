namespace DdpmJobs.Model.Datasets;

/// <summary>Which images of a data set.</summary>
public enum Split
{
    /// <summary>Those trained on.</summary>
    Train,

    /// <summary>Those held out.</summary>
    Test,
}
