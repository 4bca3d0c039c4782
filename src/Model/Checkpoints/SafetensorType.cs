namespace DdpmJobs.Model.Checkpoints;

/// <summary>Element types that are written and read; the names are the format's.</summary>
public enum SafetensorType
{
    /// <summary>Unsigned byte.</summary>
    U8,

    /// <summary>32-bit float.</summary>
    F32,

    /// <summary>64-bit float.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,
}
