namespace DdpmJobs.Chaos.Tests;

/// <summary>When a training is killed.</summary>
internal enum KillMoment
{
    /// <summary>At any time after its start, most often before the first step: while it loads libraries, data or a checkpoint.</summary>
    Starting,

    /// <summary>At any time around a chosen step.</summary>
    Anywhere,

    /// <summary>After the temporary file of a checkpoint was made, and before it has its name.</summary>
    InsideWrite,

    /// <summary>As soon as a checkpoint has its name.</summary>
    AfterRename,
}
